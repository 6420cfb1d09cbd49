"""Batches of telemetry as a device sends them, and what a server stored of them, decoded from its files."""
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field

ZSTD_MAGIC = 0xFD2FB528
RAW_BLOCK_MOST = 128 * 1024


def zstd(data):
    """Compressed by the program zstd."""
    return subprocess.run(["zstd", "-q", "-c", "-3"], input=data, capture_output=True, check=True).stdout


def zstd_raw(data):
    """A zstd frame made here, its blocks not compressed (RFC 8878): cheap, and another encoder than the library."""
    out = struct.pack("<IB", ZSTD_MAGIC, 0xE0) + struct.pack("<Q", len(data))  # single segment, 8-byte size
    pieces = [data[i:i + RAW_BLOCK_MOST] for i in range(0, len(data), RAW_BLOCK_MOST)] or [b""]
    for i, piece in enumerate(pieces):
        last = i == len(pieces) - 1
        out += struct.pack("<I", len(piece) << 3 | last)[:3] + piece
    return out


def alert_id(device, rule, event_id):
    return hashlib.sha256(b"\0".join(part.encode() for part in (device, rule, event_id))).hexdigest()[:32]


def event_line(marker, kind="exec", when="2026-01-31T08:00:00.000000001Z"):
    """One event that can be found again by its marker."""
    return json.dumps({"kind": kind, "time": when, "process.executable": "/usr/bin/true",
                       "process.command_line": marker}, separators=(",", ":"))


def alert_line(device, epoch, sequence, ordinal, rule_id="rule-1", **change):
    event_id = f"{device}/{epoch}/{sequence}/{ordinal}"
    body = {"alert_id": alert_id(device, rule_id, event_id), "event_id": event_id, "time": "2026-01-31T08:00:00Z",
            "rule": {"id": rule_id, "title": "Title of " + rule_id, "level": "high", "techniques": ["T1059.004"]},
            "matched": [{"field": "process.executable", "value": "/usr/bin/true"}], "ancestry": []}
    body.update(change)
    return json.dumps(body, separators=(",", ":"))


@dataclass
class Batch:
    """Events (markers) and alerts of one sequence."""
    device: str
    epoch: int
    sequence: int
    lines: list = field(default_factory=list)
    markers: list = field(default_factory=list)
    alerts: list = field(default_factory=list)

    def add_event(self, marker, **options):
        self.lines.append(event_line(marker, **options))
        self.markers.append(marker)
        return self

    def add_alert(self, rule_id="rule-1", **change):
        """An alert on the last event; `change` are other members than the true ones."""
        line = alert_line(self.device, self.epoch, self.sequence, len(self.markers) - 1, rule_id, **change)
        self.lines.append(line)
        self.alerts.append(json.loads(line)["alert_id"])
        return self

    @property
    def plain(self):
        return "".join(line + "\n" for line in self.lines).encode()


def make(device, epoch, sequence, events=3, alerts=1, pad_bytes=0):
    """A batch whose markers name device, epoch, sequence and ordinal, made longer by what does not compress well."""
    batch = Batch(device, epoch, sequence)
    for ordinal in range(events):
        batch.add_event(f"{device}/{epoch}/{sequence}/{ordinal}/{secrets.token_hex(pad_bytes // 2)}")
        if ordinal < alerts:
            batch.add_alert()
    return batch


# ---------------------------------------------------------------- what is stored

FRAME_FIXED = 113


def checksum(data):
    return hashlib.sha256(data).digest()[:8]


def read_frame(data, at):
    """One frame of a segment at an offset: a dict with payload and end. Format: src/store/segment.h."""
    head = data[at:at + FRAME_FIXED]
    if head[:4] != b"CFRM":
        raise ValueError(f"no frame at byte {at}")
    header_bytes, key_bytes, stored, plain, events, first = struct.unpack(">HHIIII", head[4:24])
    epoch, sequence = struct.unpack(">QQ", head[24:40])
    device_len = data[at + 96]
    device = data[at + 97:at + 97 + device_len]
    sums = at + 97 + device_len + key_bytes
    payload = data[at + header_bytes:at + header_bytes + stored]
    if header_bytes != FRAME_FIXED + device_len + key_bytes or len(payload) != stored:
        raise ValueError(f"the frame at byte {at} is cut or damaged")
    if data[sums:sums + 8] != checksum(payload) or data[sums + 8:sums + 16] != checksum(data[at:sums + 8]):
        raise ValueError(f"a checksum of the frame at byte {at} does not fit")
    return {"device": device.decode(), "epoch": epoch, "sequence": sequence, "events": events, "first": first,
            "plain_bytes": plain, "payload": payload, "end": at + header_bytes + stored}


def query(data_dir, sql, *values):
    """Rows of the database. Of a server that was killed a copy is read, so that its recovery is left to itself."""
    with tempfile.TemporaryDirectory(prefix="cordon-db-") as copy:
        path = os.path.join(data_dir, "cordon.db")
        with open(os.path.join(data_dir, "lock"), "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for end in ("", "-wal"):
                    if os.path.exists(path + end):
                        shutil.copyfile(path + end, os.path.join(copy, "cordon.db" + end))
                path = os.path.join(copy, "cordon.db")
            except BlockingIOError:
                pass  # the server runs: SQLite itself sees to a consistent view
        database = sqlite3.connect(path, timeout=20)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()


def stored_alerts(data_dir):
    """Ids of all stored alerts."""
    return [row[0] for row in query(data_dir, "SELECT id FROM alerts")]


def stored_events(data_dir):
    """{(device, epoch, sequence): [event lines]} of everything that is committed, by the rows of the database and the
    bytes of the segments. The server may run or not."""
    rows = query(data_dir, "SELECT b.device,b.epoch,b.sequence,b.\"offset\",b.length,b.events,s.path,s.state "
                           "FROM batches b LEFT JOIN segments s ON s.id=b.segment AND b.length>0")
    files, frames, found = {}, [], {}
    for device, epoch, sequence, offset, length, events, path, state in rows:
        key = (device, epoch, sequence)
        if key in found:
            raise ValueError(f"batch {key} has two rows")
        found[key] = []
        if length == 0:
            if events:
                raise ValueError(f"batch {key} has {events} events and no bytes")
            continue
        if path is None or state == "damaged":
            raise ValueError(f"batch {key} lies in segment {path}, which is {state}")
        if path not in files:
            with open(os.path.join(data_dir, path), "rb") as handle:
                files[path] = handle.read()
        at, lines = offset, 0
        while at < offset + length:
            frame = read_frame(files[path], at)
            if (frame["device"], frame["epoch"], frame["sequence"]) != key or frame["first"] != lines:
                raise ValueError(f"the frame at {path}:{at} belongs to {frame['device']}/{frame['epoch']}")
            frames.append((key, frame))
            lines += frame["events"]
            at = frame["end"]
        if at != offset + length or lines != events:
            raise ValueError(f"batch {key}: {lines} events in its frames, {events} in its row")
    if frames:
        plain = subprocess.run(["zstd", "-q", "-d", "-c"], input=b"".join(f["payload"] for _, f in frames),
                               capture_output=True, check=True).stdout
        at = 0
        for key, frame in frames:
            piece = plain[at:at + frame["plain_bytes"]]
            at += frame["plain_bytes"]
            lines = piece.decode().splitlines()
            if len(lines) != frame["events"]:
                raise ValueError(f"batch {key}: a frame says {frame['events']} events and holds {len(lines)}")
            found[key] += lines
    return found


def stored_markers(data_dir):
    """Markers of all stored events, in no order, repeats kept."""
    return [json.loads(line)["process.command_line"] for lines in stored_events(data_dir).values() for line in lines]
