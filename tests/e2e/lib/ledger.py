"""An independent account of what a server acknowledged, and devices that send without pause and keep it."""
import collections
import http.client
import json
import random
import ssl
import threading
import time

import batches


class Ledger:
    """Batches by what the devices know of them: acknowledged, or sent and not answered."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = []
        self.open = {}  # key -> batch whose fate is not known yet

    @staticmethod
    def key(batch):
        return batch.device, batch.epoch, batch.sequence

    def sending(self, batch):
        with self.lock:
            self.open[self.key(batch)] = batch

    def acknowledge(self, batch):
        with self.lock:
            self.acknowledged.append(batch)
            del self.open[self.key(batch)]

    def check(self, data_dir):
        """Everything acknowledged is stored once, nothing is doubled, and what is stored beyond it was sent. Only while
        no device sends."""
        stored = batches.stored_events(data_dir)
        alerts = collections.Counter(batches.stored_alerts(data_dir))
        wanted_alerts = collections.Counter()
        for batch in self.acknowledged:
            if self.key(batch) not in stored:
                raise AssertionError(f"batch {self.key(batch)} was acknowledged and is lost")
        known = {self.key(b): b for b in self.acknowledged} | self.open
        for key, lines in stored.items():
            if key not in known:
                raise AssertionError(f"batch {key} is stored and nobody sent it")
            markers = [json.loads(line)["process.command_line"] for line in lines]
            if markers != known[key].markers:
                raise AssertionError(f"batch {key} holds {len(markers)} events, not the {len(known[key].markers)} sent")
            wanted_alerts.update(known[key].alerts)
        if alerts != wanted_alerts:
            raise AssertionError(f"alerts lost: {list((wanted_alerts - alerts).elements())[:5]}, "
                                 f"too many: {list((alerts - wanted_alerts).elements())[:5]}")
        return len(stored)


class Stream(threading.Thread):
    """A device that sends batch after batch until `stop`, and the same one again until it is acknowledged."""

    def __init__(self, ledger, device, seed=1, events=(1, 40), pad_bytes=0, pause_s=0):
        super().__init__(daemon=True)
        self.ledger = ledger
        self.device = device
        self.dice = random.Random(seed)
        self.events = events
        self.pad_bytes = pad_bytes
        self.pause_s = pause_s
        self.halt = threading.Event()
        self.pending = None
        self.statuses = collections.Counter()
        self.failure = None

    def run(self):
        try:
            while not self.halt.is_set():
                self.step()
        except Exception as error:  # told by `stop`: a thread cannot fail the scenario itself
            self.failure = error

    def step(self):
        if self.pending is None:
            count = self.dice.randint(*self.events)
            self.pending = self.device.batch(events=count, alerts=self.dice.randint(0, min(2, count)),
                                             pad_bytes=self.pad_bytes)
            self.ledger.sending(self.pending)
        try:
            response = self.device.upload(self.pending)
        except (OSError, ssl.SSLError, http.client.HTTPException):
            self.device.connection = None
            self.halt.wait(0.01)
            return
        self.statuses[response.status] += 1
        if response.status == 200:
            self.ledger.acknowledge(self.pending)
            self.pending = None
            if self.pause_s:
                self.halt.wait(self.pause_s)
        elif response.status < 500:
            raise AssertionError(f"a batch was refused: {response.status} {response.text}")
        else:
            self.halt.wait(0.02)

    def stop(self):
        self.halt.set()
        self.join(60)
        if self.failure:
            raise self.failure


class Streams:
    """Several devices at once."""

    def __init__(self, ledger, devices, seed, **options):
        self.all = [Stream(ledger, device, seed + i, **options) for i, device in enumerate(devices)]
        for stream in self.all:
            stream.start()

    def stop(self):
        for stream in self.all:
            stream.halt.set()
        for stream in self.all:
            stream.stop()

    def settle(self, ledger, timeout_s=20):
        """Wait until every device has something acknowledged that it sent after now."""
        before = {stream: stream.statuses[200] for stream in self.all}
        end = time.monotonic() + timeout_s
        while any(stream.statuses[200] <= count for stream, count in before.items()):
            if time.monotonic() > end:
                raise TimeoutError(f"devices get no acknowledgement: {[dict(s.statuses) for s in self.all]}")
            for stream in self.all:
                if stream.failure:
                    raise stream.failure
            time.sleep(0.01)

    @property
    def statuses(self):
        total = collections.Counter()
        for stream in self.all:
            total += stream.statuses
        return total
