"""Deliveries over HTTP: read part by part, within bounds, never on a disk."""

from __future__ import annotations

import hashlib
import json
import tempfile
from typing import TYPE_CHECKING

import pytest
from tests.unit.web_rooms import OPERATOR, OPERATOR_KEY, Rooms, client_of, rooms

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

AS_OPERATOR = {"authorization": f"Bearer {OPERATOR_KEY}"}
PATH = f"/api/v1/operators/{OPERATOR}/deliveries"
Part = tuple[str, tuple[str, bytes]]


def manifest(*files: tuple[str, bytes]) -> Part:
    listed = [
        {"name": name, "rows": 1, "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files
    ]
    return ("manifest", ("manifest", json.dumps({"batch": "d1", "files": listed}).encode()))


def deliver(service: Rooms, *parts: Part) -> httpx.Response:
    return client_of(service).ask("POST", PATH, headers=AS_OPERATOR, files=list(parts))


def test_a_delivery_is_taken_file_by_file(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    files = [("a.csv", b"number,time\r\n--x\r\n"), ("b.csv", b"\r\n" * 40_000), ("c.csv", b"")]
    answer = deliver(service, manifest(*files), *(("file", one) for one in files))
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    (delivery,) = service.deliveries.begun
    assert delivery.is_kept
    assert delivery.taken == files


def test_nothing_of_a_delivery_touches_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("SpooledTemporaryFile", "TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    one = ("a.csv", bytes(4 << 20))
    assert deliver(rooms(tmp_path), manifest(one), ("file", one)).status_code == 200


def test_a_part_beyond_the_limit_ends_the_delivery(tmp_path: Path) -> None:
    service = rooms(tmp_path, max_part_bytes=1_024)
    fits, over = ("a.csv", bytes(512)), ("b.csv", bytes(1_025))
    answer = deliver(service, manifest(fits, over), ("file", fits), ("file", over))
    assert answer.status_code == 413
    assert not service.deliveries.begun[0].is_kept


def test_too_many_parts_end_the_delivery(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    files = [(f"{place}.csv", b"") for place in range(65)]
    answer = deliver(service, manifest(*files), *(("file", one) for one in files))
    assert answer.status_code == 413
    assert not service.deliveries.begun[0].is_kept


def test_what_contradicts_its_manifest_is_not_kept(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    promised, sent = ("a.csv", b"one"), ("a.csv", b"two")
    assert deliver(service, manifest(promised), ("file", sent)).status_code == 409
    assert deliver(service, manifest(promised)).status_code == 409
    assert not any(one.is_kept for one in service.deliveries.begun)


def test_a_file_that_cannot_be_read_is_told_so(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    one = ("a.parquet", b"PAR1")
    assert deliver(service, manifest(one), ("file", one)).status_code == 422
    assert not service.deliveries.begun[0].is_kept


@pytest.mark.parametrize(
    "parts",
    [
        [("file", ("a.csv", b"x"))],
        [("manifest", ("manifest", b"{"))],
        [("manifest", ("manifest", bytes(300_000)))],
    ],
)
def test_the_manifest_comes_first_and_can_be_read(tmp_path: Path, parts: list[Part]) -> None:
    service = rooms(tmp_path)
    assert deliver(service, *parts).status_code == 422
    assert not service.deliveries.begun


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"", 415),
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"nothing of the kind", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\n\r\n--x--", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="manifest"\r\n\r\n{"batch":',
            400,
        ),
        ("multipart/form-data; boundary=" + "x" * 2_000, b"--x--", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A" * 9_000, 413),
    ],
)
def test_a_body_that_is_not_whole_is_not_kept(
    tmp_path: Path, kind: str, body: bytes, status: int
) -> None:
    service = rooms(tmp_path)
    headers = AS_OPERATOR | {"content-type": kind}
    answer = client_of(service).ask("POST", PATH, headers=headers, content=body)
    assert answer.status_code == status
    assert not any(one.is_kept for one in service.deliveries.begun)


def test_a_cut_off_delivery_is_not_kept_even_where_every_file_had_come(tmp_path: Path) -> None:
    service = rooms(tmp_path)
    listed = manifest(("a.csv", b"x"))[1][1]
    body = (
        b'--x\r\nContent-Disposition: form-data; name="manifest"\r\n\r\n' + listed + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nx\r\n--x\r\n'
    )
    headers = AS_OPERATOR | {"content-type": "multipart/form-data; boundary=x"}
    assert client_of(service).ask("POST", PATH, headers=headers, content=body).status_code == 400
    assert [one.is_kept for one in service.deliveries.begun] == [False]


def test_an_operator_has_its_own_list_and_no_others(tmp_path: Path) -> None:
    client = client_of(rooms(tmp_path))
    own = client.get(f"/api/v1/operators/{OPERATOR}/subscribers", AS_OPERATOR)
    assert own.json() == {"numbers": [], "signature": ""}
    other = client.get(f"/api/v1/operators/{'0' * 32}/subscribers", AS_OPERATOR)
    assert other.status_code == 403
