"""A model of the phone's queue: the answer table of static/outbox-forms.js, for what no browser does often enough."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import uuid7
from tests.visitor import Visitor

URL = "/demo/notes"


@dataclass
class Record:
    """One form in the queue."""

    text: str
    key: UUID = field(default_factory=uuid7)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    photo: bytes = b""
    rejected: bool = False


class Device:
    """A phone of a user. `take` puts a form into its queue; `step` tries the head of it once over a bad line."""

    def __init__(self, app: Flask, username: str, dice: random.Random, lost: float = 0.2) -> None:
        self.app, self.username, self.dice, self.lost = app, username, dice, lost
        self.visitor = Visitor(app, username)
        self.csrf = ""
        self.queue: list[Record] = []
        self.receipts: dict[UUID, bool] = {}
        self.repeated = 0

    def take(self, text: str, **more: Any) -> Record:
        self.queue.append(Record(text, **more))
        return self.queue[-1]

    def step(self) -> None:
        """Send the first record; its request or its answer may be lost, and then it stays."""
        record = next((one for one in self.queue if not one.rejected), None)
        if record is None:
            return
        if not self.csrf:
            self.fetch_token()
        if self.dice.random() < self.lost:
            return
        answer = send(self.visitor, record, self.csrf)
        if self.dice.random() < self.lost:
            return
        if answer.status_code == 419:
            self.csrf = ""
        elif answer.status_code == 401:
            self.visitor = Visitor(self.app, self.username)  # he signs in again
            self.csrf = ""
        elif 200 <= answer.status_code < 300 and answer.headers.get("X-Receipt") == str(record.key):
            self.repeated += "Idempotent-Replayed" in answer.headers
            self.receipts[record.key] = True
            self.queue.remove(record)
        elif 400 <= answer.status_code < 500:
            record.rejected = True

    def fetch_token(self) -> None:
        answer = self.visitor.get("/outbox/token", headers={"X-Outbox": "1"})
        if answer.status_code == 200:
            self.csrf = answer.get_json()["csrf"]


def send(visitor: Visitor, record: Record, csrf: str | None = None, **headers: str) -> TestResponse:
    """A record as the outbox sends it."""
    now = datetime.now(UTC)
    given = {
        "X-Outbox": "1",
        "Idempotency-Key": str(record.key),
        "X-CSRFToken": visitor.csrf() if csrf is None else csrf,
        "X-Client-Created": str(int(record.created.timestamp() * 1000)),
        "X-Client-Now": str(int(now.timestamp() * 1000)),
        **headers,
    }
    data: dict[str, Any] = {"text": record.text, "section": "stock", "id": str(record.key)}
    if record.photo:
        data["photo"] = (BytesIO(record.photo), "photo.jpg")
    sent = {name: value for name, value in given.items() if value}
    return visitor.client.post(URL, data=data, headers=sent, content_type="multipart/form-data", buffered=True)
