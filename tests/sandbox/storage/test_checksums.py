"""The checksum that Azure answers a body with: CRC-64/NVME, in base64."""

import base64
import hashlib
import json
import subprocess
import uuid

import pytest

from sandbox.state import PROJECT
from sandbox.storage.installation import find_node
from tests.sandbox.storage.harness import Storage

BLOCK = {"x-ms-blob-type": "BlockBlob"}
APPEND = {"x-ms-blob-type": "AppendBlob"}
BLOCKS = b"<BlockList><Latest>MQ==</Latest></BlockList>"
POLYNOMIAL = 0x9A6C9329AC4BC9B5
FOLDER = PROJECT / "sandbox/storage/azurite"


def crc64(data: bytes) -> str:
    """Return the sum by its definition, bit by bit."""
    value = (1 << 64) - 1
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
    return base64.b64encode((value ^ ((1 << 64) - 1)).to_bytes(8, "little")).decode()


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()  # noqa: S324


def test_the_definition_here_has_the_published_check_value() -> None:
    """https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-64-nvme"""
    assert base64.b64decode(crc64(b"123456789"))[::-1].hex() == "ae8b14860a799888"


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 1000])
def test_a_sum_is_the_same_however_the_bytes_come_in(length: int) -> None:
    data = bytes(byte * 37 % 256 for byte in range(length))
    script = f"""
        const {{ Crc64 }} = require({json.dumps(str(FOLDER / "crc64.js"))});
        const data = Buffer.from({json.dumps(data.hex())}, "hex");
        const sums = [1, 3, 8, 1000].map((step) => {{
          const sum = new Crc64();
          for (let i = 0; i < data.length; i += step) sum.update(data.subarray(i, i + step));
          return sum.digest().toString("base64");
        }});
        console.log(JSON.stringify(sums));
    """
    sums = json.loads(subprocess.check_output([find_node(), "-e", script], text=True))
    assert sums == [crc64(data)] * 4


@pytest.mark.parametrize("length", [0, 5, 100_000])
def test_a_blob_is_answered_with_both_sums_of_its_content(storage: Storage, length: int) -> None:
    body = b"light" * (length // 5)
    answer = storage.send("PUT", "/scratch/summed", "owner", BLOCK, body)
    assert answer.headers["x-ms-content-crc64"] == crc64(body)
    assert answer.headers["Content-MD5"] == md5(body)
    kept = storage.send("HEAD", "/scratch/summed", "owner")
    assert kept.headers["Content-MD5"] == md5(body)


def test_a_block_and_a_list_of_blocks_are_answered_with_the_sum_of_what_was_sent(
    storage: Storage,
) -> None:
    block = storage.send("PUT", "/scratch/listed?comp=block&blockid=MQ%3D%3D", "owner", {}, b"x")
    assert block.headers["x-ms-content-crc64"] == crc64(b"x")
    listed = storage.send("PUT", "/scratch/listed?comp=blocklist", "owner", {}, BLOCKS)
    assert listed.headers["x-ms-content-crc64"] == crc64(BLOCKS)
    storage.send("PUT", "/scratch/log", "owner", APPEND)
    appended = storage.send("PUT", "/scratch/log?comp=appendblock", "owner", {}, b"line")
    assert appended.headers["x-ms-content-crc64"] == crc64(b"line")


def test_a_block_is_answered_with_the_md5_that_was_sent(storage: Storage) -> None:
    body, target = b"light", "/scratch/summed-block?comp=block&blockid=MQ%3D%3D"
    md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    sent = storage.send("PUT", target, "owner", {"Content-MD5": md5}, body)
    sums = sent.headers["Content-MD5"], sent.headers["x-ms-content-crc64"]
    assert sums == (md5, crc64(body))
    assert "Content-MD5" not in storage.send("PUT", target, "owner", {}, body).headers


def test_many_blobs_at_once_have_each_their_own_sum(storage: Storage) -> None:
    container = storage.sdk("owner").get_container_client("scratch")
    for number in range(10):
        body = str(number).encode() * 1000
        answer = container.get_blob_client(f"summed-{number}").upload_blob(body, overwrite=True)
        assert base64.b64encode(answer["content_crc64"]).decode() == crc64(body)


def test_a_version_without_the_sum_gets_none(storage: Storage) -> None:
    for version, shown in (("2018-11-09", False), ("2019-02-02", True)):
        headers = BLOCK | {"x-ms-version": version}
        answer = storage.send("PUT", "/scratch/old", "owner", headers, b"light")
        assert ("x-ms-content-crc64" in answer.headers) is shown


def test_a_wrong_sum_is_refused_and_a_right_one_taken(storage: Storage) -> None:
    for sent, status in ((crc64(b"light"), 201), (crc64(b"night"), 400)):
        headers = BLOCK | {"x-ms-content-crc64": sent}
        answer = storage.send("PUT", "/scratch/checked", "owner", headers, b"light")
        assert (answer.status, answer.code) == (status, "" if status == 201 else "Crc64Mismatch")


@pytest.mark.parametrize("target", ["held", "held?comp=block&blockid=MQ%3D%3D"])
def test_a_wrong_md5_of_a_blob_or_block_is_refused_and_a_right_one_taken(
    storage: Storage, target: str
) -> None:
    body = b"light" * 20_000
    for sent, status in ((md5(body), 201), (md5(b"night"), 400)):
        answer = storage.send(
            "PUT", f"/scratch/{target}", "owner", BLOCK | {"Content-MD5": sent}, body
        )
        assert (answer.status, answer.code) == (status, "" if status == 201 else "Md5Mismatch")


DOCUMENTS = {
    "comp=tags": b"<Tags><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tags>",
    "comp=blocklist": b"<BlockList><Latest>QQ==</Latest></BlockList>",
}


@pytest.mark.parametrize("query", DOCUMENTS)
def test_the_checksum_of_a_document_is_held_against_it(storage: Storage, query: str) -> None:
    path, body = f"/scratch/{uuid.uuid4().hex}", DOCUMENTS[query]
    storage.send("PUT", path, "owner", BLOCK, b"x")
    storage.send("PUT", f"{path}?comp=block&blockid=QQ%3D%3D", "owner", {}, b"x")
    etag = storage.send("HEAD", path, "owner").headers["ETag"]
    for header, right, wrong, code in (
        ("Content-MD5", md5(body), md5(b"another"), "Md5Mismatch"),
        ("x-ms-content-crc64", crc64(body), crc64(b"another"), "Crc64Mismatch"),
    ):
        refused = storage.send("PUT", f"{path}?{query}", "owner", {header: wrong}, body)
        assert (refused.status, refused.code) == (400, code)
        assert storage.send("HEAD", path, "owner").headers["ETag"] == etag
        done = storage.send("PUT", f"{path}?{query}", "owner", {header: right}, body)
        assert done.status in {201, 204}
        storage.send("PUT", f"{path}?comp=block&blockid=QQ%3D%3D", "owner", {}, b"x")
        etag = storage.send("HEAD", path, "owner").headers["ETag"]


@pytest.mark.parametrize("header", ["x-ms-source-content-md5", "x-ms-source-content-crc64"])
def test_what_a_copy_cannot_hold_against_its_source_is_refused(
    storage: Storage, header: str
) -> None:
    storage.send("PUT", "/scratch/summed", "owner", BLOCK, b"x")
    source = {"x-ms-copy-source": f"https://{storage.host}/scratch/summed"}
    for sync in ({}, {"x-ms-requires-sync": "true"}):
        refused = storage.send(
            "PUT", "/scratch/sum-copy", "owner", source | sync | {header: md5(b"x")}
        )
        assert (refused.status, refused.code) == (400, "UnsupportedHeader")
        assert storage.send("PUT", "/scratch/sum-copy", "owner", source | sync).status == 202
