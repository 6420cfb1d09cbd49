"""Code signatures in Mach-O files: the CodeDirectory, and whether every hash in it is right. It does not judge who signed:
that needs Apple's certificates and a Mac. Source: xnu's osfmk/kern/cs_blobs.h."""
import hashlib
import plistlib

from macho import LC_CODE_SIGNATURE, part, text_at, unpack

MAGIC_SUPERBLOB, MAGIC_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
SLOT_DIRECTORY, SLOT_INFO, SLOT_REQUIREMENTS, SLOT_ENTITLEMENTS, SLOT_ENTITLEMENTS_DER, SLOT_CMS = (
    0, 1, 2, 5, 7, 0x10000)
SLOTS_ALTERNATE = range(0x1000, 0x1006)
ADHOC, LINKER_SIGNED, HARDENED = 0x2, 0x20000, 0x10000
HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}


class Directory:
    """One CodeDirectory: hashes of the file's pages and of what is signed beside them."""

    def __init__(self, blob):
        self.blob = blob
        (magic, length, self.version, self.flags, hashes_at, identifier_at, self.special_count, self.page_count,
         limit, self.hash_size, self.hash_type, _, page_bits, _) = unpack(">IIIIIIIIIBBBBI", blob, 0)
        if magic != MAGIC_DIRECTORY or length != len(blob):
            raise ValueError(f"no CodeDirectory: magic {magic:#x}, {length} of {len(blob)} bytes")
        if self.hash_type not in HASHES or HASHES[self.hash_type][1] != self.hash_size:
            raise ValueError(f"hash type {self.hash_type} of {self.hash_size} bytes")
        self.limit = unpack(">Q", blob, 56)[0] if self.version >= 0x20300 and unpack(">Q", blob, 56)[0] else limit
        self.page_size = 1 << page_bits if page_bits else self.limit
        self.identifier = text_at(blob, identifier_at)
        team_at = unpack(">I", blob, 48)[0] if self.version >= 0x20200 else 0
        self.team = text_at(blob, team_at) if team_at else ""
        part(blob, hashes_at - self.special_count * self.hash_size,
             (self.special_count + self.page_count) * self.hash_size)
        self.hashes_at = hashes_at
        self.cdhash = self.hash_of(blob)[:20].hex()

    def hash_of(self, data):
        return hashlib.new(HASHES[self.hash_type][0], data).digest()[:self.hash_size]

    def slot(self, index):
        """Expected hash of page `index`; of a special slot when negative."""
        return part(self.blob, self.hashes_at + index * self.hash_size, self.hash_size)

    def wrong_pages(self, data):
        """Numbers of the pages whose bytes do not have the hash that is written here."""
        code = part(data, 0, self.limit)
        if self.page_count != -(-self.limit // self.page_size):
            raise ValueError(f"{self.page_count} hashes for {self.limit} bytes of {self.page_size} a page")
        return [page for page in range(self.page_count)
                if self.hash_of(code[page * self.page_size:(page + 1) * self.page_size]) != self.slot(page)]


class Signature:
    """The embedded signature of a slice."""

    def __init__(self, macho):
        blob = macho.linkedit(LC_CODE_SIGNATURE)
        if blob is None:
            raise ValueError("not signed")
        magic, length, count = unpack(">III", blob, 0)
        if magic != MAGIC_SUPERBLOB:
            raise ValueError(f"no signature: magic {magic:#x}")
        blob = part(blob, 0, length)
        self.macho, self.blobs = macho, {}
        for index in range(count):
            kind, offset = unpack(">II", blob, 12 + 8 * index)
            self.blobs[kind] = part(blob, offset, unpack(">I", blob, offset + 4)[0])
        if SLOT_DIRECTORY not in self.blobs:
            raise ValueError("a signature without a CodeDirectory")
        self.directories = [Directory(self.blobs[kind]) for kind in (SLOT_DIRECTORY, *SLOTS_ALTERNATE)
                            if kind in self.blobs]
        self.best = max(self.directories, key=lambda each: each.hash_type)

    def entitlements(self):
        """The property list of slot 5, None when there is none."""
        blob = self.blobs.get(SLOT_ENTITLEMENTS)
        return None if blob is None else plistlib.loads(blob[8:])

    def problems(self):
        """Every hash that is wrong, as sentences."""
        info = self.macho.section("__TEXT", "__info_plist")
        for each in self.directories:
            name = HASHES[each.hash_type][0]
            wrong = each.wrong_pages(self.macho.data)
            if wrong:
                yield (f"{len(wrong)} of {each.page_count} pages do not have their {name} hash, "
                       f"the first is page {wrong[0]}")
            empty = bytes(each.hash_size)
            for slot in range(1, each.special_count + 1):
                blob = info if slot == SLOT_INFO else self.blobs.get(slot)
                expected = each.slot(-slot)
                if blob is not None and expected != each.hash_of(blob):
                    yield f"special slot {slot} does not have its {name} hash"
                if blob is None and expected != empty and slot != 3:
                    yield f"special slot {slot} has a {name} hash, but its blob is missing"
