"""Certificates made by the `openssl` command line, as a tenant would.

Everything lives in one folder and is thrown away with it.
"""

import dataclasses
import os
import subprocess

import processes

_KEYS = {
    "P-256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "Ed25519": ["ED25519"],
}

_PROFILES = {
    "ca": ["basicConstraints=critical,CA:TRUE",
           "keyUsage=critical,keyCertSign,cRLSign",
           "subjectKeyIdentifier=hash"],
    "device": ["basicConstraints=critical,CA:FALSE",
               "keyUsage=critical,digitalSignature",
               "extendedKeyUsage=clientAuth"],
}

# The `openssl ca` command alone can issue a certificate of the past.
_CA_CONFIG = """
[ca]
default_ca = this
[this]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
"""


@dataclasses.dataclass(frozen=True)
class Identity:
    """A certificate and its key, as PEM files; `chain` is what to present
    beside the certificate."""
    certificate: str
    key: str
    chain: str = ""


class Pki:
    """Issues into `folder`."""

    def __init__(self, folder, server_names):
        self._folder = folder
        self._count = 0
        self.server_ca = self.ca("Demo Server CA")
        names = ",".join("DNS:" + name for name in server_names)
        self.server = self._issue(
            "/CN=gateway", self._new_key("P-256"), self.server_ca,
            ["subjectAltName=" + names, "extendedKeyUsage=serverAuth"])

    def ca(self, name):
        """A self-signed CA."""
        key = self._new_key("P-256")
        certificate = self._path("crt")
        _openssl("req", "-new", "-x509", "-key", key, "-out", certificate,
                 "-days", "30", "-subj", "/CN=" + name, "-config",
                 self._extensions(_PROFILES["ca"]), "-extensions", "wanted")
        return Identity(certificate, key)

    def intermediate(self, name, issuer):
        return self._issue("/CN=" + name, self._new_key("P-256"), issuer,
                           _PROFILES["ca"])

    def device(self, name, issuer, key="P-256", digest="sha256"):
        return self._issue("/CN=" + name, self._new_key(key), issuer,
                           _PROFILES["device"], digest)

    def expired_device(self, name, issuer):
        """A device whose certificate ended years ago."""
        return self.dated_device(name, issuer, "20200101000000Z",
                                 "20200201000000Z")

    def dated_device(self, name, issuer, not_before, not_after):
        """A device whose certificate is valid as said, YYYYMMDDHHMMSSZ."""
        key = self._new_key("P-256")
        request = self._request("/CN=" + name, key)
        config = self._path("cnf")
        with open(config, "w") as out:
            out.write(_CA_CONFIG.format(folder=self._folder))
        with open(os.path.join(self._folder, "index.txt"), "w"):
            pass
        with open(os.path.join(self._folder, "serial"), "w") as out:
            out.write("7001\n")
        certificate = self._path("crt")
        _openssl("ca", "-batch", "-notext", "-config", config, "-in", request,
                 "-out", certificate, "-cert", issuer.certificate, "-keyfile",
                 issuer.key, "-startdate", not_before, "-enddate", not_after,
                 "-extfile", self._extensions(_PROFILES["device"]),
                 "-extensions", "wanted")
        return Identity(certificate, key)

    def verification_certificate(self, ca, code):
        """Proof that we hold the key of `ca`: the path of a certificate that
        it has signed, with the registration code as common name."""
        return self._issue("/CN=" + code, self._new_key("P-256"), ca,
                           _PROFILES["device"]).certificate

    def presenting(self, device, *others):
        """`device`, presenting the certificates of `others`, too."""
        chain = self._path("pem")
        with open(chain, "w") as out:
            for other in others:
                with open(other.certificate) as certificate:
                    out.write(certificate.read())
        return dataclasses.replace(device, chain=chain)

    def _issue(self, subject, key, issuer, extensions, digest="sha256"):
        certificate = self._path("crt")
        _openssl("x509", "-req", "-in", self._request(subject, key), "-out",
                 certificate, "-CA", issuer.certificate, "-CAkey", issuer.key,
                 "-set_serial", str(1000 + self._count), "-days", "20",
                 "-" + digest, "-extfile", self._extensions(extensions),
                 "-extensions", "wanted")
        return Identity(certificate, key)

    def _request(self, subject, key):
        request = self._path("csr")
        _openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        return request

    def _new_key(self, kind):
        key = self._path("key")
        _openssl("genpkey", "-out", key, "-algorithm", *_KEYS[kind])
        return key

    def _extensions(self, lines):
        path = self._path("ext")
        with open(path, "w") as out:
            out.write("[req]\ndistinguished_name=name\n[name]\n[wanted]\n" +
                      "\n".join(lines) + "\n")
        return path

    def _path(self, suffix):
        self._count += 1
        return os.path.join(self._folder, "%d.%s" % (self._count, suffix))


def _openssl(*arguments):
    result = subprocess.run([processes.find("openssl"), *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise RuntimeError("openssl %s:\n%s" % (" ".join(arguments),
                                                result.stdout.decode()))
