"""Git's own objects, read and written many at a time: what a rewritten history is made of (Git, "gitformat-pack")."""

from __future__ import annotations

import hashlib
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pipeline.errors import GitFailed
from pipeline.git import git

COMMIT, TREE = "commit", "tree"
NUMBERS = {COMMIT: 1, TREE: 2}  # of the types, in a pack
BATCH = 32 * 2**20  # bytes of compressed objects held before they are written


class Objects:
    """Reads one object after the other; keeps what is added until `flush` or the end, then writes it as one pack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._added: dict[str, bytes] = {}
        self._size = 0

    def __enter__(self) -> Self:
        if git(self.folder, "rev-parse", "--show-object-format") != "sha1":
            raise GitFailed("this repository does not use SHA-1; its history cannot be rewritten here")
        command = ["git", "cat-file", "--batch"]
        self._process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        self._process.wait()
        if error is None:
            self.flush()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise GitFailed("git cat-file cannot be spoken to")
        return self._process.stdin, self._process.stdout

    def read(self, name: str) -> bytes:
        """The content of an object that is there already (not of one just added)."""
        asking, answering = self._pipes
        asking.write(name.encode() + b"\n")
        asking.flush()
        head = answering.readline().split()
        if len(head) != 3:
            raise GitFailed(f"the object {name[:12]} is not here; run this in a full clone")
        content = answering.read(int(head[2]))
        answering.read(1)
        return content

    def add(self, kind: str, content: bytes) -> str:
        """Its name: the SHA-1 in hex."""
        head = f"{kind} {len(content)}\0".encode()
        name = hashlib.sha1(head + content, usedforsecurity=False).hexdigest()
        if name not in self._added:
            self._added[name] = _packed(kind, content)
            self._size += len(self._added[name])
        if self._size > BATCH:
            self.flush()
        return name

    def flush(self) -> None:
        if self._added:
            head = b"PACK" + (2).to_bytes(4) + len(self._added).to_bytes(4)
            pack = head + b"".join(self._added.values())
            git(self.folder, "index-pack", "--stdin", given=pack + hashlib.sha1(pack, usedforsecurity=False).digest())
        self._added, self._size = {}, 0


def _packed(kind: str, content: bytes) -> bytes:
    """Type and size in a variable number of bytes, 4 bits and then 7 a byte; then the content, compressed."""
    size = len(content)
    byte, size = NUMBERS[kind] << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head) + zlib.compress(content)


def entries(tree: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(mode, name, 20 bytes of the object's name) of a tree."""
    at = 0
    while at < len(tree):
        space, end = tree.index(b" ", at), tree.index(b"\0", at)
        yield tree[at:space], tree[space + 1 : end], tree[end + 1 : end + 21]
        at = end + 21
