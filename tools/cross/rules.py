"""What must hold of each program built for macOS, as sentences for what does not. Used by check-macho; selftest shows that
each rule can fail."""
import plistlib
import re

import macho
import tbd
from signature import ADHOC, LINKER_SIGNED, SLOT_CMS, SLOT_ENTITLEMENTS, SLOT_ENTITLEMENTS_DER, Signature

CPUS = ("arm64", "x86_64")
SYSTEM = "/usr/lib/libSystem.B.dylib"
MINIMUM_OS = "13.0"


def loading(slice_, exported):
    """What the dynamic linker will be asked for."""
    dylibs = slice_.dylibs()
    if dylibs != [(SYSTEM, "")]:
        yield f"loads {', '.join(' '.join(each).strip() for each in dylibs) or 'nothing'}, not {SYSTEM} alone"
    for command in (macho.LC_RPATH, macho.LC_DYLD_ENVIRONMENT):
        if slice_.one_of(command) is not None:
            yield f"has the load command {command:#x}, which says where to look for libraries"
    least = slice_.minimum_os()
    if least is None or least[:2] != (macho.PLATFORM_MACOS, MINIMUM_OS):
        yield f"is for {least}, not for macOS {MINIMUM_OS}"
    undefined, bound = slice_.undefined(), slice_.bound()
    for name in sorted(undefined.keys() | bound.keys()):
        if name not in exported:
            yield f"needs {name}, which libSystem does not have"
        elif name in undefined and undefined[name] != 1 or name in bound and bound[name] != 1:
            yield f"looks for {name} elsewhere than in libSystem"


def memory(slice_):
    """Where the program lies, and that nothing is writable and executable."""
    if slice_.kind != macho.MH_EXECUTE:
        yield f"is of file type {slice_.kind}, not a program"
    if not slice_.flags & macho.MH_PIE:
        yield "lies at a fixed address (no PIE)"
    if slice_.flags & macho.MH_ALLOW_STACK_EXECUTION:
        yield "has an executable stack"
    for each in slice_.segments:
        protection = each.first | each.most
        if protection & macho.VM_WRITE and protection & macho.VM_EXECUTE:
            yield f"{each.name} is writable and executable"


def identity(slice_, name, version):
    """The property list inside."""
    info = slice_.section("__TEXT", "__info_plist")
    if info is None:
        yield "has no __TEXT,__info_plist"
        return
    try:
        plist = plistlib.loads(info.rstrip(b"\0"))
    except Exception as problem:  # whatever its parsers raise
        yield f"__info_plist: {problem}"
        return
    for key, wanted in (("CFBundleExecutable", re.escape(name)), ("CFBundleIdentifier", r"org\.cordon\.[a-z-]+"),
                        ("CFBundleVersion", re.escape(version)), ("LSMinimumSystemVersion", re.escape(MINIMUM_OS))):
        if not re.fullmatch(wanted, plist.get(key, "")):
            yield f"__info_plist: {key} is '{plist.get(key, '')}', not {wanted}"


def signing(slice_):
    """The linker's signature: on Apple silicon nothing runs without. None is needed on Intel."""
    if slice_.cpu == "x86_64" and slice_.one_of(macho.LC_CODE_SIGNATURE) is None:
        return
    signature = Signature(slice_)
    if signature.best.flags != ADHOC | LINKER_SIGNED:
        yield f"signature flags {signature.best.flags:#x}, not those of the linker's"
    if signature.best.limit != len(slice_.data) - len(slice_.linkedit(macho.LC_CODE_SIGNATURE)):
        yield f"the signature covers {signature.best.limit} of {len(slice_.data)} bytes"
    for slot, what in ((SLOT_ENTITLEMENTS, "entitlements"), (SLOT_ENTITLEMENTS_DER, "entitlements"),
                       (SLOT_CMS, "a certificate")):
        if slot in signature.blobs:
            yield f"has {what} (slot {slot:#x})"
    yield from signature.problems()


def origin(slice_, places):
    """Nothing says where it was built."""
    if slice_.debug_entries():
        yield f"{slice_.debug_entries()} symbols are for a debugger and name files of the building machine"
    for place in places:
        at = re.search(rb"(?<![\w.])" + re.escape(place.encode()) + rb"(?![\w.])", slice_.data)
        if at:
            text = slice_.data[at.start():at.start() + 120].split(b"\0")[0].decode(errors="replace")
            yield f"names a folder of the building machine: {text}"


def program(data, name, version, tbd_path, places):
    """All sentences for one universal file."""
    slices = macho.slices(data)
    cpus = [each.cpu for each in slices]
    if sorted(cpus) != sorted(CPUS):
        yield f"is for {', '.join(cpus)}, not for {' and '.join(CPUS)}"
    for each in slices:
        exported = tbd.exports(tbd_path, "arm64" if each.cpu.startswith("arm64") else each.cpu)
        for sentence in (*loading(each, exported), *memory(each), *identity(each, name, version), *signing(each),
                         *origin(each, places)):
            yield f"{each.cpu}: {sentence}"
