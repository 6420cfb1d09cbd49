"""Signed commands and files, read and verified a second time: the bytes are put together here from docs/protocol.md
and the signature is checked by the program openssl."""
import hashlib
import os
import struct
import subprocess
import tempfile
from dataclasses import dataclass

COMMAND_MAGIC = b"CORDON-CMD-1\n"
FILE_MAGIC = b"CORDON-SIG-1\n\0\0\0"


class Reader:
    """Big-endian reads that fail beyond the end."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def bytes(self, count):
        if self.at + count > len(self.data):
            raise ValueError(f"{count} bytes wanted at {self.at} of {len(self.data)}")
        self.at += count
        return self.data[self.at - count:self.at]

    def u32(self):
        return struct.unpack(">I", self.bytes(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.bytes(8))[0]

    def text(self):
        return self.bytes(self.u32())

    def done(self):
        if self.at != len(self.data):
            raise ValueError(f"{len(self.data) - self.at} bytes too many")


def text(value):
    return struct.pack(">I", len(value)) + value


def openssl(*words, data=None):
    done = subprocess.run(["openssl", *words], input=data or b"", capture_output=True, check=False)
    if done.returncode != 0:
        raise OSError(f"openssl {' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def key_id(public_pem):
    """Name of a key: 16 hexadecimal digits of the SHA-256 of its DER form."""
    der = openssl("pkey", "-pubin", "-outform", "DER", data=public_pem.encode())
    return hashlib.sha256(der).hexdigest()[:16]


def signature_good(public_pem, message, signature):
    with tempfile.TemporaryDirectory(prefix="cordon-verify-") as folder:
        paths = [os.path.join(folder, name) for name in ("key", "signature", "message")]
        for path, content in zip(paths, (public_pem.encode(), signature, message)):
            with open(path, "wb") as handle:
                handle.write(content)
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", paths[0], "-signature", paths[1], paths[2]],
                              capture_output=True, text=True, check=False)
        return done.returncode == 0 and done.stdout.strip() == "Verified OK"


@dataclass
class Command:
    device: str
    action: str
    name: str
    arguments: str
    issued_ns: int
    expires_ns: int
    generation: int
    nonce: bytes

    def canonical(self):
        return (COMMAND_MAGIC + b"".join(text(v.encode()) for v in (self.device, self.action, self.name,
                                                                    self.arguments))
                + struct.pack(">qqQ", self.issued_ns, self.expires_ns, self.generation) + self.nonce)


def open_command(envelope, public_keys):
    """The command of an envelope whose signature one of the PEM keys made. Raises ValueError."""
    outer = Reader(envelope)
    canonical, name, signature = outer.text(), outer.text().decode(), outer.text()
    outer.done()
    inner = Reader(canonical)
    if inner.bytes(len(COMMAND_MAGIC)) != COMMAND_MAGIC:
        raise ValueError("not a command")
    device, action, what, arguments = (inner.text().decode() for _ in range(4))
    issued, expires, generation = struct.unpack(">qqQ", inner.bytes(24))
    command = Command(device, action, what, arguments, issued, expires, generation, inner.bytes(16))
    inner.done()
    if command.canonical() != canonical:
        raise ValueError("the canonical bytes are not canonical")
    keys = {key_id(pem): pem for pem in public_keys}
    if name not in keys:
        raise ValueError(f"signed by unknown key {name}")
    if not signature_good(keys[name], command.canonical(), signature):
        raise ValueError("the signature does not verify")
    return command


def open_file(data, purpose, public_keys):
    """The payload of a signed file. Raises ValueError."""
    reader = Reader(data)
    if reader.bytes(16) != FILE_MAGIC:
        raise ValueError("not a signed file")
    said, name, signature, length = reader.text(), reader.text().decode(), reader.text(), reader.u64()
    padding = reader.bytes(-reader.at % 16)
    payload = reader.bytes(length)
    reader.done()
    if any(padding):
        raise ValueError("the padding is not empty")
    if said != purpose.encode():
        raise ValueError(f"signed as {said!r}, expected {purpose!r}")
    keys = {key_id(pem): pem for pem in public_keys}
    if name not in keys:
        raise ValueError(f"signed by unknown key {name}")
    if not signature_good(keys[name], said + b"\0" + hashlib.sha256(payload).digest(), signature):
        raise ValueError("the signature does not verify")
    return payload
