"""The request: closes the files of its body also when the body was cut short and its form could not be read."""

from typing import IO, Any

from flask import Request


class FieldRequest(Request):
    """werkzeug closes the files of a form; those of a form that it gave up reading it forgets."""

    def _get_file_stream(self, *arguments: Any, **named: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*arguments, **named)
        self.__dict__.setdefault("_opened", []).append(stream)
        return stream

    def close(self) -> None:
        """At the end of the request."""
        super().close()
        for stream in self.__dict__.get("_opened", ()):
            stream.close()
