"""Mail servers for tests: aiosmtpd, well or not, with a certificate of its own."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_certificate(folder):
    """Write a certificate for this machine, and return the paths of it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return public, private


class Post:
    """Keeps what comes; refuses whom it is told to refuse, with the code it is told."""

    def __init__(self):
        self.mails = []
        self.refused = {}
        self.data_answer = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # its name
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # its name
        if self.data_answer.startswith("250"):
            self.mails.append(envelope)
        return self.data_answer


async def serve(post, *, security="none", login=None, files=None):
    """Return an SMTP server on a free port of the loop; one with a `login` lets nobody else send."""
    context = None
    if files:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*map(str, files))
    facts = {"tls_context": context, "require_starttls": True} if security == "starttls" else {}
    if login:
        facts |= {"authenticator": _judge(login), "auth_required": True}
        facts |= {"auth_require_tls": security == "starttls"}
    loop = asyncio.get_running_loop()

    def converse():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it takes wrapped sockets for plain ones
            return SMTP(post, loop=loop, hostname="127.0.0.1", **facts)

    return await loop.create_server(
        converse,
        "127.0.0.1",
        0,
        ssl=context if security == "tls" else None,
    )


def _judge(known):
    def judge(server, session, envelope, mechanism, data):
        is_known = isinstance(data, LoginPassword) and (
            (data.login.decode(), data.password.decode()) == known
        )
        return AuthResult(success=is_known, handled=is_known)

    return judge
