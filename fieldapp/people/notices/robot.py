"""Writing into a group chat: the robots of 企业微信 (WeCom) and 钉钉 (DingTalk).

The address holds the key to the group, so neither it nor what the server answers is ever logged or stored.
"""

import base64
import hashlib
import hmac
import json
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import current_app

from fieldapp.config import Robot

CONNECT_S = 10
ANSWER_S = 15
MOST_BYTES = 3_500  # WeCom takes 4,096 of markdown, DingTalk 20,000
_MOST_ANSWER = 64 * 1024


class RobotError(Exception):
    """The message did not go in. `problem`: `connection`, `refused`, `server`, or `no-answer`: it was handed over and
    nothing came back, so it may have gone in."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def configured() -> Robot | None:
    """The robot; None: there is none."""
    found: Robot | None = current_app.config["ROBOT"]
    return found


def send(to: Robot, title: str, text: str, *, connect_s: float = CONNECT_S, answer_s: float = ANSWER_S) -> None:
    """Post a message in Markdown. No redirect is followed. Raises RobotError."""
    parts = urlsplit(to.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=connect_s)
    try:
        try:
            connection.connect()
        except OSError:
            raise RobotError("connection") from None
        assert connection.sock is not None  # noqa: S101  connected
        connection.sock.settimeout(answer_s)
        target = (parts.path or "/") + (f"?{query}" if (query := _query(to, parts.query)) else "")
        body = json.dumps(_message(to, title, text), ensure_ascii=False).encode()
        try:
            connection.request("POST", target, body, {"Content-Type": "application/json; charset=utf-8"})
            answer = connection.getresponse()
            said = answer.read(_MOST_ANSWER)
        except (OSError, HTTPException):
            raise RobotError("no-answer") from None
        if answer.status >= 500:
            raise RobotError("server")
        if answer.status != 200 or not _accepted(said):
            raise RobotError("refused")
    finally:
        connection.close()


def _message(to: Robot, title: str, text: str) -> dict[str, Any]:
    if to.kind == "dingtalk":
        return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    return {"msgtype": "markdown", "markdown": {"content": text}}


def _query(to: Robot, query: str) -> str:
    """DingTalk's signature: HMAC-SHA256 of time and secret, where the robot has one."""
    if to.kind != "dingtalk" or not to.secret:
        return query
    stamp = str(round(time.time() * 1000))
    signed = hmac.new(to.secret.encode(), f"{stamp}\n{to.secret}".encode(), hashlib.sha256).digest()
    extra = urlencode({"timestamp": stamp, "sign": base64.b64encode(signed).decode()})
    return f"{query}&{extra}" if query else extra


def _accepted(said: bytes) -> bool:
    try:
        answer = json.loads(said)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("errcode") == 0
