"""Somebody who has taken a process over: system calls made from inside it, by ptrace (x86-64, as root).

    with Intruder(pid) as inside:
        inside.call(257, -100, inside.stack, 0)   # openat; the result, negative errno, or None: the process is dead
"""
import ctypes
import os
import platform

FIELDS = ("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax",
                  "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs")
PEEK, POKE, SINGLESTEP, GETREGS, SETREGS, ATTACH, DETACH = 1, 4, 9, 12, 13, 16, 17
SYSCALL = 0x050F  # the instruction
WALL = 0x40000000


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in FIELDS]


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.restype = ctypes.c_long
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class Intruder:
    def __init__(self, pid):
        self.pid = pid
        self.dead = False

    @staticmethod
    def unable():
        """Why it cannot be done here, or None."""
        if platform.machine() != "x86_64":
            return "only on x86-64"
        return None if os.geteuid() == 0 else "needs root"

    def ptrace(self, request, address=0, data=0):
        ctypes.set_errno(0)
        value = LIBC.ptrace(request, self.pid, address, data)
        if value == -1 and ctypes.get_errno():
            raise OSError(ctypes.get_errno(), f"ptrace {request}")
        return value

    def registers(self):
        regs = Registers()
        self.ptrace(GETREGS, 0, ctypes.addressof(regs))
        return regs

    def __enter__(self):
        self.ptrace(ATTACH)
        os.waitpid(self.pid, WALL)
        self.before = self.registers()
        self.stack = self.before.rsp
        self.code = self.ptrace(PEEK, self.before.rip)
        return self

    def __exit__(self, *_):
        if not self.dead:
            self.ptrace(POKE, self.before.rip, self.code)
            self.ptrace(SETREGS, 0, ctypes.addressof(self.before))
            self.ptrace(DETACH)

    def call(self, number, *arguments):
        regs = Registers.from_buffer_copy(self.before)
        regs.orig_rax = ctypes.c_ulonglong(-1).value  # the call in which it was stopped is not gone on with
        regs.rax = number
        for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
            setattr(regs, name, ctypes.c_ulonglong(value).value)
        self.ptrace(POKE, self.before.rip, (self.code & ~0xFFFF) | SYSCALL)
        self.ptrace(SETREGS, 0, ctypes.addressof(regs))
        self.ptrace(SINGLESTEP)
        _, status = os.waitpid(self.pid, WALL)
        if os.WIFSTOPPED(status) and os.WSTOPSIG(status) != 5:  # not the step: the signal that kills it
            self.ptrace(DETACH, 0, os.WSTOPSIG(status))
            self.dead = True
        if self.dead or os.WIFSIGNALED(status) or os.WIFEXITED(status):
            self.dead = True
            return None
        return ctypes.c_longlong(self.registers().rax).value
