"""A throw-away certificate authority for scenarios, made with the program openssl."""
import os
import subprocess


def openssl(*words):
    done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"openssl {words[0]}: {done.stderr.strip()}")


class Authority:
    """`ca` is the file to trust; `issue` returns the paths of a certificate and its key (P-256)."""

    def __init__(self, folder, name="Scenario CA"):
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        self.key = os.path.join(folder, "ca.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=" + name, "-keyout", self.key, "-out", self.ca)

    def issue(self, name, hosts=("127.0.0.1", "localhost")):
        cert, key, csr, extensions = (os.path.join(self.folder, name + end) for end in (".pem", ".key", ".csr", ".ext"))
        names = ",".join(("IP:" if host.replace(".", "").isdigit() else "DNS:") + host for host in hosts)
        with open(extensions, "w", encoding="utf-8") as handle:
            handle.write(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                "-keyout", key, "-out", csr)
        openssl("x509", "-req", "-in", csr, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", "2",
                "-extfile", extensions, "-out", cert)
        return cert, key
