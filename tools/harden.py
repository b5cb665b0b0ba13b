#!/usr/bin/env python3
"""Attacks the program with tools that are not ours, each for a bounded time: schemathesis makes queries
from the schema, thirteen checks known from GraphQL scanners are tried, sslyze judges the listener that asks
for client certificates, and pkilint judges the test certificates and finds eight planted faults.

    harden.py PROGRAM SCHEMA [graphql] [tls] [certificates]

PROGRAM is a debug build: only that takes queries other than the page's, which is what is attacked here.
Ends with 1 if anything is found.
"""

import base64
import contextlib
import csv
import io
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROGRAM, SCHEMA = map(pathlib.Path, sys.argv[1:3])
PARTS = sys.argv[3:] or ["graphql", "tls", "certificates"]
# Cases that schemathesis makes for each field, and the longest it may take over all, in seconds.
CASES = int(os.environ.get("OPL_HARDEN_CASES", "12"))
LONGEST_SECONDS = int(os.environ.get("OPL_HARDEN_SECONDS", "150"))
MOST_RESIDENT_KIB = 512 * 1024
# Nothing of these may be in an answer: they would say how the program is made.
INSIDES = re.compile(
    r"panicked|rusqlite|sqlx|postgres|SELECT |INSERT |\.rs:\d+|thread '|backtrace|/src/|no such table|"
    r"std::|core::|unwrap|expected .* found|INTERNAL",
)
findings = []


def finding(part, text):
    findings.append((part, text))
    print(f"FINDING  {part}: {text}")


def free_port(in_a_row=1):
    """The first of so many ports in a row that nobody has now."""
    for _ in range(100):
        with contextlib.ExitStack() as taken:
            one = taken.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            first = one.getsockname()[1]
            try:
                for port in range(first + 1, first + in_a_row):
                    taken.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return first
    sys.exit(f"there are no {in_a_row} free ports in a row")


class Started:
    """A process that ends with the block."""

    def __init__(self, arguments, environment=None):
        environment = {**os.environ, **(environment or {})}
        self.process = subprocess.Popen(
            arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def memory(self, line):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{line}:\s+(\d+)", status)[1])


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("the program did not start")


def send(url, body, headers=None, method="POST"):
    given = {"content-type": "application/json", "x-opl-request": "1", **(headers or {})}
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {k: v for k, v in given.items() if v}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode("utf-8", "replace"), answer.headers
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode("utf-8", "replace"), refused.headers
    except (urllib.error.URLError, ConnectionError):
        # Closed while it was still being sent: that is a refusal too, as long as the next is answered.
        return 413, "", {}


def graphql():
    port = free_port()
    url = f"http://127.0.0.1:{port}/graphql"
    with tempfile.TemporaryDirectory() as data:
        arguments = [PROGRAM, "serve", "--listen", f"127.0.0.1:{port}", "--data", f"{data}/state"]
        with Started(arguments, {"OPL_ANY_QUERY": "true", "OPL_LOG": "error"}) as program:
            ready = f"http://127.0.0.1:{port}/health/ready"
            until(lambda: urllib.request.urlopen(ready, timeout=2).status == 200)
            scanner(url)
            before = program.memory("VmRSS")
            made = schemathesis_run(url)
            peak = program.memory("VmHWM")
            print(f"schemathesis: {made} cases; resident {before} KiB before, {peak} KiB at most")
            if peak > MOST_RESIDENT_KIB:
                finding("memory", f"{peak} KiB")
            if program.process.poll() is not None:
                finding("schemathesis", "the program ended")


def refuses(name, url, body, headers=None, method="POST", part="scanner"):
    status, text, _ = send(url, body, headers, method)
    answer = json.loads(text) if text.startswith(("{", "[")) else {}
    told = answer.get("data") if isinstance(answer, dict) else answer
    # A field that answers with nothing has told nothing.
    worked = any(told.values()) if isinstance(told, dict) else bool(told)
    if worked or status >= 500:
        finding(part, f"{name}: {status} {text[:200]}")
    if INSIDES.search(text):
        finding(part, f"{name} tells insides: {text[:200]}")
    print(f"ok       {name}: {status}" if not worked else f"         {name}")
    return text


def scanner(url):
    """The checks of GraphQL scanners: each would be a finding of theirs if it worked."""
    me = "{ me { id } }"
    many = " ".join(f"a{number}: me {{ id }}" for number in range(101))
    refuses("alias overloading", url, {"query": f"{{ {many} }}"})
    refuses("batch", url, [{"query": me}] * 10)
    directives = "@include(if: true) " * 60
    refuses("directive overloading", url, {"query": f"{{ me {directives} {{ id }} }}"})
    circle = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    refuses("circular introspection", url, {"query": circle})
    refuses("field duplication", url, {"query": "{ " + "me { id } " * 500 + "}"})
    text = refuses("field suggestion", url, {"query": "{ mee { id } }"})
    if "Did you mean" in text or '"me"' in text:
        finding("scanner", f"suggestions: {text[:200]}")
    query = "?query=%7B%20me%20%7B%20id%20%7D%20%7D"
    refuses("query by GET", url + query, None, method="GET")
    mutation = "?query=mutation%7B%20signOut%20%7D"
    refuses("mutation by GET", url + mutation, None, method="GET")
    form = {"content-type": "application/x-www-form-urlencoded"}
    refuses("form", url, b"query=%7B%20me%20%7B%20id%20%7D%20%7D", form)
    refuses("text as JSON", url, {"query": me}, {"content-type": "text/plain"})
    refuses("without our header", url, {"query": me}, {"x-opl-request": None})
    refuses("other site", url, {"query": me}, {"sec-fetch-site": "cross-site"})
    refuses("introspection", url, {"query": "{ __schema { queryType { name } } }"})
    refuses("type by name", url, {"query": '{ __type(name: "Query") { name } }'})
    for path in ("/graphiql", "/playground", "/altair", "/graphql/console", "/graphql"):
        _, text, _ = send(url.replace("/graphql", path), None, {"accept": "text/html"}, "GET")
        if re.search("graphiql|playground|altair", text, re.I):
            finding("scanner", f"an explorer at {path}")
    _, text, headers = send(url, {"query": me})
    if "extensions" in json.loads(text) or "x-powered-by" in headers or "server" in headers:
        finding("scanner", f"tracing or the name of a program: {text[:100]} {headers}")
    refuses("unhandled error", url, {"query": "qwerty { abc }"})
    refuses("no JSON", url, b"{{{{")
    refuses("deep", url, {"query": "{ me " * 60 + "}" * 60})
    refuses("fragment circle", url, {"query": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"})
    refuses("ten megabytes", url, {"query": "#" * 10_000_000})


def schemathesis_run(url):
    import hypothesis
    import schemathesis
    from hypothesis import strategies as st
    from schemathesis.graphql import nodes

    text = st.text(max_size=40)
    for name, values in {
        "Position": st.integers(-5, 2**64).map(str) | text,
        "Instant": st.datetimes().map(lambda at: at.isoformat() + "Z") | text,
        "Date": st.dates().map(str) | text,
    }.items():
        schemathesis.graphql.scalar(name, values.map(nodes.String))
    schema = schemathesis.graphql.from_path(str(SCHEMA))
    schema.config.update(base_url=url)
    # Signed in, so that more than the door is reached.
    sign_up = 'mutation { signUp(email: "fuzz@example.fi", password: "a long enough pass phrase") { status } }'
    _, _, headers = send(url, {"query": sign_up})
    cookie = headers["set-cookie"].split(";")[0]
    end, made = time.monotonic() + LONGEST_SECONDS, 0
    for operation in schema.get_all_operations():
        operation = operation.ok()
        if operation.label in ("Mutation.eraseMe", "Mutation.signOut"):
            continue

        @hypothesis.settings(
            max_examples=CASES, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def once(case):
            nonlocal made
            if time.monotonic() > end:
                return
            made += 1
            status, text, _ = send(url, {"query": case.body}, {"cookie": cookie})
            assert status < 500, f"{status} for {case.body!r}: {text[:300]}"
            assert not INSIDES.search(text), f"insides for {case.body!r}: {text[:300]}"
            assert text.startswith("{"), text[:100]

        try:
            once()
        except Exception as found:  # noqa: BLE001: whatever it is, it is a finding
            finding("schemathesis", f"{operation.label}: {str(found)[:500]}")
    return made


class Bank:
    """A sandbox bank with a provider's certificate."""

    def __init__(self, folder, *arguments):
        self.folder = pathlib.Path(folder)
        # The bank takes the first, the third and the fourth.
        self.port = free_port(in_a_row=4)
        self.started = Started(
            [PROGRAM, "sandbox", "--bank", "op", "--data", folder, "--public-port", str(self.port),
             "--mtls-port", str(self.port + 2), "--authorize-port", str(self.port + 3), *arguments]
        )

    def __enter__(self):
        self.started.__enter__()
        authority = self.folder / "ca.pem"
        until(authority.exists)
        context = ssl.create_default_context(cafile=str(authority))
        query = "/psd2-sandbox-tpp-generator/sandbox-tpp?c=FI&cn=Harden&roles=AIS,PIS"

        def issue():
            request = urllib.request.Request(
                f"https://localhost:{self.port}{query}",
                method="POST",
                headers={"x-api-key": "demo-api-key", "accept": "application/json"},
            )
            self.answer = json.load(urllib.request.urlopen(request, context=context, timeout=5))
            return True

        until(issue)
        return self

    def __exit__(self, *gone):
        self.started.__exit__(*gone)

    def key(self, website):
        keys = self.answer["privateJwks"]["keys"]
        return next(key for key in keys if ("qwac" in key["kid"].lower()) == website)


def tls():
    # As banks usually are, with TLS 1.2 beside 1.3, and as those that keep to the newest profile.
    for profile, arguments in (("intermediate", []), ("modern", ["--only-newest-tls"])):
        with tempfile.TemporaryDirectory() as folder, Bank(folder, *arguments) as bank:
            tls_of(bank, profile)


def tls_of(bank, profile):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography import x509

    jwk = bank.key(website=True)
    number = lambda name: int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big")
    private = rsa.RSAPrivateNumbers(
        number("p"), number("q"), number("d"), number("dp"), number("dq"), number("qi"),
        rsa.RSAPublicNumbers(number("e"), number("n")),
    ).private_key()
    shown = x509.load_der_x509_certificate(base64.b64decode(jwk["x5c"][0]))
    files = {
        "key.pem": private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        "certificate.pem": shown.public_bytes(serialization.Encoding.PEM),
    }
    for name, content in files.items():
        (bank.folder / name).write_bytes(content)
    sslyze(bank, profile)


def sslyze(bank, profile):
    arguments = [
        "sslyze", f"--mozilla_config={profile}",
        "--cert", bank.folder / "certificate.pem", "--key", bank.folder / "key.pem",
        "--certinfo_ca_file", bank.folder / "ca.pem", f"localhost:{bank.port + 2}",
    ]
    scan = subprocess.run(
        [pathlib.Path(sys.executable).with_name(str(arguments[0])), *arguments[1:]],
        capture_output=True, text=True, timeout=300, check=False,
    )
    said = scan.stdout.split("COMPLIANCE AGAINST")[-1]
    faults = [line.strip() for line in said.splitlines() if line.strip().startswith("*")]
    for fault in faults:
        finding("sslyze", f"{profile}: {fault}")
    if "COMPLIANCE" not in scan.stdout:
        finding("sslyze", f"no verdict: {scan.stdout[-400:]} {scan.stderr[-400:]}")
    print(f"sslyze {profile}: {len(faults)} faults, exit code {scan.returncode}")


# DER as a tree, so that a fault can be planted anywhere and every length stays right.


def read_der(data):
    nodes, place = [], 0
    while place < len(data):
        tag, length, place = data[place], data[place + 1], place + 2
        if length & 0x80:
            count = length & 0x7F
            length, place = int.from_bytes(data[place : place + count], "big"), place + count
        nodes.append((tag, data[place : place + length]))
        place += length
    return nodes


def write_der(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def rewrite(data, change):
    """Every element, from the inside out, through `change(tag, content)`; octet strings that hold DER too."""
    out = b""
    for tag, content in read_der(data):
        if tag & 0x20 or (tag == 0x04 and content[:1] == b"\x30"):
            content = rewrite(content, change)
        changed = change(tag, content)
        out += changed if changed is not None else write_der(tag, content)
    return out


def swap(old, new):
    def change(tag, content):
        return write_der(tag, content.replace(old, new)) if tag in (0x0C, 0x13, 0x06) and content == old else None

    return change


ROLE = bytes.fromhex("04008198270103")
STATEMENT = bytes.fromhex("040081982702")


def without_statement(tag, content):
    is_statement = tag == 0x30 and content.startswith(write_der(0x06, STATEMENT))
    return b"" if is_statement else None


def flat_roles(tag, content):
    # The role's own SEQUENCE is left out: its parts stand in the list by themselves.
    return content if tag == 0x30 and content.startswith(write_der(0x06, ROLE)) else None


def organisation(change):
    def apply(tag, content):
        is_it = tag == 0x0C and content.startswith(b"PSD")
        return write_der(tag, change(content)) if is_it else None

    return apply


FAULTS = [
    ("the authority's identifier has another form", swap(b"FI-FINFSA", b"FIFINFSA")),
    ("the authority is of another country", swap(b"FI-FINFSA", b"XX-FINFSA")),
    ("the role's name is another's", swap(b"PSP_AI", b"PSP_IC")),
    ("the role is unknown", swap(ROLE, bytes.fromhex("04008198270163"))),
    ("the statement is missing", without_statement),
    ("the roles have no sequence of their own", flat_roles),
    ("the organisation's identifier has another form", organisation(lambda text: b"FI" + text[3:])),
    ("the authority has no name", swap(b"Finnish Financial Supervisory Authority", b"")),
]


def certificates():
    with tempfile.TemporaryDirectory() as folder, Bank(folder) as bank:
        der = base64.b64decode(bank.key(website=True)["x5c"][0])
    # The bank's generator names its providers in a form of its own, `PSDOP-…`, which is no country.
    known = {
        "cabf.invalid_organization_identifier_country at x520OrganizationIdentifier",
        "cabf.serverauth.organization_identifier_extension_absent at x520OrganizationIdentifier",
    }
    clean = lint(der) - known
    print(f"pkilint: {len(clean)} rules of TS 119 495 broken by the test certificate")
    for rule in sorted(clean):
        finding("pkilint", f"the test certificate: {rule}")
    for name, fault in FAULTS:
        planted = rewrite(der, fault)
        if planted == der:
            finding("pkilint", f"nothing was planted: {name}")
            continue
        named = lint(planted) - clean - known
        print(f"pkilint: {name}: {', '.join(sorted(named)) or 'NOT NAMED'}")
        if not named:
            finding("pkilint", f"not named: {name}")


def lint(der):
    with tempfile.NamedTemporaryFile(suffix=".der") as file:
        file.write(der)
        file.flush()
        arguments = ["lint", "-t", "QEVCP-W-PSD2-EIDAS-NON-BROWSER-FINAL-CERTIFICATE", "-s", "ERROR", "-f", "CSV"]
        linter = pathlib.Path(sys.executable).with_name("lint_etsi_cert")
        run = subprocess.run(
            [linter, *arguments, file.name], capture_output=True, text=True, timeout=120, check=False
        )
    rules = set()
    for row in csv.DictReader(io.StringIO(run.stdout)):
        # Rules about who, which roles and which authority, and whatever cannot be decoded. A sandbox has no
        # address for revocation lists, and its provider no place of business.
        where, rule = row["node_path"], row["code"]
        asked = "ts_119_495" in rule or "organization_identifier" in rule or "qCStatements" in where
        if asked or row["severity"] == "FATAL":
            rules.add(f"{rule} at {where.rsplit('.', 1)[-1]}")
    if not run.stdout.startswith("node_path"):
        rules.add(f"no verdict: {(run.stdout + run.stderr)[-200:]}")
    return rules


for part in PARTS:
    print(f"== {part}", flush=True)
    {"graphql": graphql, "tls": tls, "certificates": certificates}[part]()
print(f"{len(findings)} findings")
sys.exit(1 if findings else 0)
