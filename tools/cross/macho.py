"""Mach-O files as check-macho needs them: slices of a universal file, load commands, segments, symbols, and the names
that the dynamic linker has to find. Every offset is checked against the file: a wrong one is a ValueError.
Sources: Apple's <mach-o/fat.h>, <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/fixup-chains.h>."""
import struct

CPU_NAMES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
CPU_ARM64E = 2  # low byte of the subtype

MH_EXECUTE = 2
MH_DYLDLINK, MH_TWOLEVEL = 0x4, 0x80
MH_ALLOW_STACK_EXECUTION, MH_PIE = 0x20000, 0x200000

LC_REQ_DYLD = 0x80000000
LC_SYMTAB, LC_SEGMENT_64, LC_UUID, LC_CODE_SIGNATURE, LC_BUILD_VERSION = 0x2, 0x19, 0x1B, 0x1D, 0x32
LC_DYLD_INFO, LC_DYLD_INFO_ONLY, LC_DYLD_CHAINED_FIXUPS = 0x22, 0x22 | LC_REQ_DYLD, 0x34 | LC_REQ_DYLD
LC_VERSION_MIN_MACOSX = 0x24
LC_RPATH = 0x1C | LC_REQ_DYLD
LC_DYLD_ENVIRONMENT = 0x27
LOAD_DYLIB = {0xC: "", 0x18 | LC_REQ_DYLD: "weak", 0x1F | LC_REQ_DYLD: "re-exported", 0x20: "lazy",
              0x23 | LC_REQ_DYLD: "upward"}
PLATFORM_MACOS = 1
VM_WRITE, VM_EXECUTE = 2, 4

N_STAB, N_TYPE, N_EXT, N_UNDF = 0xE0, 0x0E, 0x01, 0x0


def unpack(layout, data, at):
    """Like struct.unpack_from, an end of the data is a ValueError."""
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error as problem:
        raise ValueError(f"cut off at {at}: {problem}") from None


def part(data, offset, size):
    """Bytes of a range that must lie within."""
    if offset < 0 or size < 0 or offset + size > len(data):
        raise ValueError(f"range {offset}+{size} is outside of {len(data)} bytes")
    return data[offset:offset + size]


def text_at(data, at):
    """The text up to the next NUL."""
    end = data.find(b"\0", at)
    if at < 0 or at > len(data) or end < 0:
        raise ValueError(f"no text at {at}")
    return data[at:end].decode()


def version(number):
    """`13.0`, or `13.0.1` when the last part is not zero."""
    parts = [number >> 16, number >> 8 & 0xFF, number & 0xFF]
    return ".".join(map(str, parts if parts[2] else parts[:2]))


class Segment:
    """LC_SEGMENT_64: place in memory and file, protections, sections as {name: (offset, size)}."""

    def __init__(self, body):
        name, self.address, self.size, self.offset, self.file_size, self.most, self.first, count, _ = unpack(
            "<16sQQQQiiII", body, 8)
        self.name = name.rstrip(b"\0").decode()
        self.sections = {}
        for at in range(count):
            section, _, _, size, offset = unpack("<16s16sQQI", body, 72 + 80 * at)
            self.sections[section.rstrip(b"\0").decode()] = (offset, size)


class MachO:
    """One slice, 64 bits. `data` is the slice alone: its offsets count from there."""

    def __init__(self, data):
        self.data = data
        magic, cpu, subtype, self.kind, count, size, self.flags, _ = unpack("<8I", data, 0)
        if magic != 0xFEEDFACF:
            raise ValueError(f"magic {magic:#x} is no 64-bit Mach-O of this byte order")
        self.cpu = CPU_NAMES.get(cpu, hex(cpu)) + ("e" if cpu == 0x0100000C and subtype & 0xFF == CPU_ARM64E else "")
        self.commands = []
        area, at = part(data, 32, size), 0
        for _ in range(count):
            command, length = unpack("<II", area, at)
            if length < 8 or length % 4:
                raise ValueError(f"load command of {length} bytes")
            self.commands.append((command, part(area, at, length)))
            at += length
        self.segments = [Segment(body) for body in self.all_of(LC_SEGMENT_64)]

    def all_of(self, *wanted):
        return [body for command, body in self.commands if command in wanted]

    def one_of(self, *wanted):
        """The command's bytes, None when absent; two are an error."""
        found = self.all_of(*wanted)
        if len(found) > 1:
            raise ValueError(f"{len(found)} load commands {wanted[0]:#x}")
        return found[0] if found else None

    def linkedit(self, *wanted):
        """Bytes that a linkedit_data_command points at, None when it is absent."""
        body = self.one_of(*wanted)
        return None if body is None else part(self.data, *unpack("<II", body, 8))

    def section(self, segment, name):
        """Bytes of a section, None when absent."""
        for each in self.segments:
            if each.name == segment and name in each.sections:
                return part(self.data, *each.sections[name])
        return None

    def dylibs(self):
        """(install name, kind) of each library the file asks for, in the order of ordinals."""
        return [(text_at(body, unpack("<I", body, 8)[0]), LOAD_DYLIB[command])
                for command, body in self.commands if command in LOAD_DYLIB]

    def minimum_os(self):
        """(platform, minimum, SDK), or None."""
        body = self.one_of(LC_BUILD_VERSION)
        if body is not None:
            platform, least, sdk = unpack("<III", body, 8)
            return platform, version(least), version(sdk)
        body = self.one_of(LC_VERSION_MIN_MACOSX)
        return None if body is None else (PLATFORM_MACOS, *map(version, unpack("<II", body, 8)))

    def undefined(self):
        """{name: ordinal of the library} of the symbol table's undefined symbols."""
        body = self.one_of(LC_SYMTAB)
        if body is None:
            return {}
        offset, count, strings_at, strings_size = unpack("<IIII", body, 8)
        strings, table, found = part(self.data, strings_at, strings_size), part(self.data, offset, 16 * count), {}
        for at in range(count):
            name, kind, _, description, _ = unpack("<IBBHQ", table, 16 * at)
            if not kind & N_STAB and kind & N_TYPE == N_UNDF and kind & N_EXT:
                found[text_at(strings, name)] = description >> 8
        return found

    def debug_entries(self):
        """How many entries are for a debugger: they name files of the machine that built."""
        body = self.one_of(LC_SYMTAB)
        offset, count = unpack("<II", body, 8) if body is not None else (0, 0)
        table = part(self.data, offset, 16 * count)
        return sum(1 for at in range(count) if unpack("<IB", table, 16 * at)[1] & N_STAB)

    def bound(self):
        """{name: ordinal} of what the dynamic linker binds at the start, out of either form of the instructions."""
        body = self.one_of(LC_DYLD_INFO, LC_DYLD_INFO_ONLY)
        found = {}
        if body is not None:
            for offset, size in (unpack("<II", body, at) for at in (16, 24, 32)):  # bind, weak bind, lazy bind
                read_binds(part(self.data, offset, size), found)
        chains = self.linkedit(LC_DYLD_CHAINED_FIXUPS)
        if chains is not None:
            read_chained_imports(chains, found)
        return found


def uleb(data, at):
    """(number, place after it)."""
    number = shift = 0
    while True:
        byte, = unpack("<B", data, at)
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return number, at
        if shift > 63:
            raise ValueError(f"number too long at {at}")


def read_binds(data, found):
    """Add the symbols that bind instructions bind: a small machine with a symbol and a library as its state."""
    at, ordinal, name = 0, 0, None
    while at < len(data):
        instruction, value = data[at] & 0xF0, data[at] & 0x0F
        at += 1
        if instruction == 0x10:
            ordinal = value
        elif instruction == 0x20:
            ordinal, at = uleb(data, at)
        elif instruction == 0x30:  # special: -1 main program, -2 flat, -3 weak
            ordinal = value - 16 if value else 0
        elif instruction == 0x40:
            name = text_at(data, at)
            at += len(name.encode()) + 1
        elif instruction in (0x60, 0x70, 0x80):  # addend, segment and offset, move: one number
            _, at = uleb(data, at)
        elif instruction in (0x90, 0xA0, 0xB0, 0xC0):  # bind, with none, one, none and two numbers after it
            found[name] = ordinal
            for _ in range({0xA0: 1, 0xC0: 2}.get(instruction, 0)):
                _, at = uleb(data, at)
        elif instruction == 0xD0:  # threaded: the size of a table, or no number
            at = at if value else uleb(data, at)[1]
        elif instruction not in (0x00, 0x50):
            raise ValueError(f"unknown bind instruction {instruction:#x}")


def read_chained_imports(data, found):
    """Add the symbols of LC_DYLD_CHAINED_FIXUPS."""
    _, _, imports, symbols, count, layout, packed = unpack("<7I", data, 0)
    if packed or layout not in (1, 2, 3):
        raise ValueError(f"imports of format {layout}, symbols of format {packed}")
    for index in range(count):
        if layout == 3:
            word, = unpack("<Q", data, imports + 16 * index)
            ordinal, name = word & 0xFFFF, word >> 32
            ordinal -= 0x10000 if ordinal > 0xFFF0 else 0
        else:
            word, = unpack("<I", data, imports + (4 if layout == 1 else 8) * index)
            ordinal, name = word & 0xFF, word >> 9
            ordinal -= 0x100 if ordinal > 0xF0 else 0
        found[text_at(data, symbols + name)] = ordinal


def slices(data):
    """[MachO] of a file, universal or not."""
    if len(data) < 8:
        raise ValueError("too short for a Mach-O")
    magic, count = struct.unpack_from(">II", data)
    if magic != 0xCAFEBABE:
        return [MachO(data)]
    return [MachO(part(data, *unpack(">II", data, 8 + 20 * at + 8))) for at in range(count)]
