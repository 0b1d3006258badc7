"""What anyone may ask, and what the administrator may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.web_rooms import batch, client_of, fix, message, rooms

if TYPE_CHECKING:
    from pathlib import Path


def test_the_log_is_given_as_it_is_on_disk(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    for name in ("tile/0/000.p", "tile/0/x001", "tile/entries"):
        (folder / name).mkdir(parents=True)
    files = {
        "checkpoint": b"a note",
        "tile/0/000.p/7": b"\x00\xff",
        "tile/0/x001/234": b"a tile",
        "tile/entries/000": b"entries",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    client = client_of(rooms(tmp_path))
    for name, content in files.items():
        answer = client.get(f"/log/{name}")
        assert (answer.status_code, answer.content) == (200, content)
        assert ("immutable" in answer.headers["cache-control"]) == name.startswith("tile/")


@pytest.mark.parametrize(
    "name",
    [
        "0/000.p",
        "0/1",
        "0/0000",
        "0/x001",
        "64/000",
        "00/000",
        "0/000.p/0",
        "0/000.p/1000",
        "0/../../../secret",
        "..%2f..%2fsecret",
        "0/000%2f..%2f..%2f..%2f..%2fsecret",
        "entries",
        "",
        "0/000/",
    ],
)
def test_no_other_name_leads_anywhere(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    (home / "log" / "tile" / "0" / "000.p").mkdir(parents=True)
    (home / "log" / "checkpoint").write_bytes(b"secret")
    for place in (tmp_path / "secret", home / "secret"):
        place.write_bytes(b"secret")
    answer = client_of(rooms(home)).get(f"/log/tile/{name}")
    assert (answer.status_code, b"secret" in answer.content) == (404, False)


def test_the_key_of_the_log_is_given(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    assert client_of(service).get("/log/vkey").text == f"{service.log_key}\n"


def test_readiness_says_what_is_not_ready(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    client = client_of(service)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"not_ready": {}}
    service.not_ready = {"database": "it does not answer"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"not_ready": service.not_ready})
    assert client.get("/healthz").status_code == 200
    assert "fortnight_not_ready 1.0" in client.get("/metrics").text


def test_what_came_from_nobody_is_counted(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    service.texts.post.dropped.replies = 3
    text = client_of(service).get("/metrics").text
    assert 'fortnight_texts_dropped{kind="replies"} 3.0' in text
    assert 'fortnight_texts_dropped{kind="receipts"} 0.0' in text


def test_metrics_count_rows_and_answers_and_name_nobody(tmp_path: Path) -> None:
    client = client_of(rooms(tmp_path))
    client.track(message())
    client.send("fixes", batch(fix(), fix(lat=91), name="secret-batch"))
    client.send("fixes", batch(fix(lat=91), name="secret-batch"))
    client.get("/secret-path")
    text = client.get("/metrics").text
    assert 'fortnight_rows_total{kind="fixes",outcome="kept"} 2.0' in text
    assert 'fortnight_rows_total{kind="fixes",outcome="off-globe"} 2.0' in text
    assert 'route="/owntracks",status="200"} 1.0' in text
    assert 'fortnight_answers_total{method="any",route="none",status="404"} 1.0' in text
    for word in ("secret", "p1", "d1", "56.9"):
        assert f'"{word}' not in text
