"""The libraries that the programs link on macOS, built from Debian's source packages, one cache entry per library and
CPU with lib/, include/, licence and log in it. How each is built is the shell script of its name in recipes/."""
import os
import platform
import shutil
import subprocess
import threading
import time

import cache
import sources
import toolchain

RECIPES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recipes")
# Source package: (what its licence file is called upstream, libraries it is built upon). In the order of building.
LIBRARIES = {
    "openssl": ("LICENSE.txt", ()),
    "curl": ("COPYING", ("openssl",)),
    "jansson": ("LICENSE", ()),
    "pcre2": ("LICENCE", ()),
    "libyaml": ("License", ()),
    "libzstd": ("LICENSE", ()),
}
# What is configured down so far that a missing part shows only when it runs is also built, in the same way, for this
# machine: tools/cross/check-trimmed runs the programs with it.
TRIMMED = ("openssl", "curl")
THIS_MACHINE = f"linux-{platform.machine()}"
# -w: the warnings of others' code are others'.
CFLAGS = "-O2 -w -fno-common -fstack-protector-strong"


def recipe(name):
    with open(os.path.join(RECIPES, name), encoding="utf-8") as handle:
        return handle.read()


class Builder:
    """One run: resolved sources, the toolchain, and what was built. Threads: each CPU may have its own."""

    def __init__(self, jobs, refresh, say):
        self.jobs, self.say = jobs, say
        self.toolchain = toolchain.folder()
        self.sources = {name: sources.resolve(name, refresh, say) for name in LIBRARIES}
        self.built = 0
        self.lock = threading.Lock()

    def key(self, name, cpu):
        source = self.sources[name]
        return cache.key_of(name, cpu, source["version"], source["how"], CFLAGS, recipe(name), toolchain.identity(),
                            *(self.key(under, cpu) for under in LIBRARIES[name][1]))

    def entry_name(self, name, cpu):
        return f"{name}-{cpu}-{self.key(name, cpu)}"

    def environment(self, name, cpu, here, out):
        """What a recipe is told; its working folder is the source."""
        native = cpu == THIS_MACHINE
        told = {
            "PATH": f"{self.toolchain}/bin:{os.environ['PATH']}", "HOME": here, "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "SOURCE_DATE_EPOCH": "0", "CPU": cpu, "HOST": "" if native else f"{toolchain.CPUS[cpu]}-apple-darwin22",
            "CC": "clang-14" if native else toolchain.compiler_of(cpu), "AR": "llvm-ar-14", "RANLIB": "llvm-ranlib-14", "NM": "llvm-nm-14",
            "CFLAGS": CFLAGS, "CROSS_SOURCE": here, "JOBS": str(self.jobs), "OUT": out,
            "TOOLCHAIN_FILE": f"{self.toolchain}/{cpu}.cmake",
        }
        for under in LIBRARIES[name][1]:
            told[f"DEP_{under.upper()}"] = os.path.join(cache.home(), self.entry_name(under, cpu))
        return told

    def library(self, name, cpu):
        """The entry's folder, built when absent."""
        source = self.sources[name]
        title = f"{cpu} {name} {source['version']}" + (" (upstream archive)" if source["how"] == "tar" else "")

        def make(folder):
            self.say(f"{title}: building")
            start, here = time.monotonic(), os.path.join(folder, "source")
            log = os.path.join(folder, "log")
            sources.unpack(source, here)
            shutil.copy(os.path.join(here, LIBRARIES[name][0]), os.path.join(folder, "licence"))
            with open(log, "w", encoding="utf-8") as handle:
                status = subprocess.run(["bash", "-eu", os.path.join(RECIPES, name)], cwd=here, stdout=handle,
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                                        env=self.environment(name, cpu, here, folder)).returncode
            if status != 0:
                with open(log, encoding="utf-8", errors="replace") as handle:
                    tail = "".join(handle.readlines()[-30:])
                raise RuntimeError(f"{title}: status {status}\n{tail}(all of it: {log})")
            shutil.rmtree(here)
            with self.lock:
                self.built += 1
            self.say(f"{title}: built in {time.monotonic() - start:.0f} s")

        return cache.entry(self.entry_name(name, cpu), make)[0]

    def prefix(self, cpu):
        """One folder with the lib/ and include/ of all libraries."""
        folders = {name: self.library(name, cpu) for name in LIBRARIES}

        def make(folder):
            for part in folders.values():
                for kind in ("include", "lib"):
                    shutil.copytree(os.path.join(part, kind), os.path.join(folder, kind), dirs_exist_ok=True,
                                    copy_function=os.link)

        return cache.entry(f"prefix-{cpu}-{cache.key_of(*map(os.path.basename, folders.values()))}", make)[0]

    def trimmed(self):
        """Folders with the shared libraries of TRIMMED for this machine."""
        return [os.path.join(self.library(name, THIS_MACHINE), "lib") for name in TRIMMED]

    def licences(self, cpu):
        """(library, version, text) of each."""
        for name in LIBRARIES:
            with open(os.path.join(self.library(name, cpu), "licence"), encoding="utf-8") as handle:
                yield name, self.sources[name]["version"], handle.read()
