"""Adopts repositories made by the real DVC, and lets the real DVC check out what we export.

    python dvc_suite.py URL NODE PROGRAM

The repositories have what people have: folders, nested folders, files, names that are not ASCII, empty files and folders, executables,
outputs of stages and loops, metrics that git keeps, a cache that was cleared with a remote that has everything, and a cache of the
layout and the hashes that DVC had before its version 3.
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

os.environ.update(DVC_NO_ANALYTICS="1", DVC_TEST="true", GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)

from dvc_data.hashfile.hash import file_md5

URL, NODE, PROGRAM = sys.argv[1:4]
TAG = os.urandom(3).hex()
passed = failed = 0


def check(name, condition, detail=""):
    global passed, failed
    if condition:
        passed += 1
        print(f"  ok   {name}")
    else:
        failed += 1
        print(f"  FAIL {name} {str(detail)[:2000]}")


def dvc(folder, *args):
    """Runs the real DVC in a folder; gives what it prints."""
    done = subprocess.run([sys.executable, "-m", "dvc", *args], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"dvc {' '.join(args)}: {done.stdout}{done.stderr}")
    return done.stdout


def git(folder, *args):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *args], cwd=folder, capture_output=True, check=True)


def fabrique(*args):
    """Runs our command; gives its exit status and the JSON, or what it says."""
    command = [NODE, PROGRAM, *args, "--url", URL, "--json", "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stderr


def ask(path):
    with urllib.request.urlopen(URL + path) as reply:
        return json.load(reply)


def bring(folder, project, *flags):
    status, result = fabrique("data", "import", "dvc", str(folder), "--project", project, *flags)
    return status, result


def ours(snapshot):
    """The files of a snapshot: SHA-256 and size by path."""
    files, token = {}, ""
    while True:
        page = ask(f"/api/v1/snapshots/{snapshot}/files?limit=1000{token}")
        files.update({item["path"]: (item["sha256"], item["bytes"]) for item in page["items"]})
        if "next_page_token" not in page:
            return files
        token = "&page_token=" + urllib.parse.quote(page["next_page_token"], safe="")


def theirs(path):
    """The same of a file or folder of the disk."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    base = path.parent if path.is_file() else path
    described = {}
    for file in files:
        content = file.read_bytes()
        described[file.relative_to(base).as_posix()] = (hashlib.sha256(content).hexdigest(), len(content))
    return described


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


PIPELINE = """
stages:
  make:
    wdir: nested
    cmd: mkdir -p out && echo 1 > out/one.txt && echo '{}' > m.json
    outs:
      - out
    metrics:
      - m.json:
          cache: false
  split:
    foreach:
      - train
      - test
    do:
      cmd: echo ${item} > ${item}.txt
      outs:
        - ${item}.txt
"""


def make_repository(folder):
    """A repository with everything cached and pushed to a remote in a folder beside it."""
    folder.mkdir()
    git(folder, "init", "-q")
    dvc(folder, "init", "-q")
    generator = random.Random(4)
    write(folder / "data/a.csv", "a,b\n1,2\n")
    write(folder / "data/crlf.txt", "one\r\ntwo\r\n")
    write(folder / "data/sub/deep/x.bin", generator.randbytes(70_000))
    write(folder / "data/sub/large.bin", generator.randbytes(3_000_000))
    write(folder / "data/same-again.csv", "a,b\n1,2\n")
    write(folder / "data/empty", "")
    write(folder / "été et plus/ünï 数据.txt", "texte\n")
    letters = "aZ09 ._-+=~#%&'\"()[]{}!@$^,;é\u0301ß数😀\x7f\t"
    for index in range(300):
        name = "".join(generator.choice(letters) for _ in range(generator.randint(1, 12))).strip(". ") or "x"
        write(folder / f"names/{index % 7}/{name}{index}", f"content {index % 40}")
    write(folder / "names/-/yes", "no")
    write(folder / "one/table.csv", "k\n1\n")
    write(folder / "tool.sh", "#!/bin/sh\n")
    (folder / "tool.sh").chmod(0o755)
    (folder / "nothing").mkdir()
    (folder / "nested").mkdir()
    write(folder / "pair/1", "1")
    write(folder / "pair/2", "2")
    write(folder / "tree/subdir/file", "file")
    tracked = ["data", "été et plus", "names", "one/table.csv", "tool.sh", "nothing", "pair", "tree"]
    dvc(folder, "add", "-q", *tracked)
    write(folder / "dvc.yaml", PIPELINE)
    dvc(folder, "repro", "-q")
    remote = folder.parent / "remote"
    dvc(folder, "remote", "add", "-q", "-d", "store", str(remote))
    dvc(folder, "remote", "add", "-q", "nowhere", "../nowhere")
    dvc(folder, "push", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    return [*tracked[:5], *tracked[6:], "nested/out", "train.txt", "test.txt"]


def empty_copy(folder, target, outputs):
    """The repository as a clone has it: no cache, no data."""
    shutil.copytree(folder, target)
    shutil.rmtree(target / ".dvc/cache")
    for output in outputs:
        path = target / output
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def hash_in(path):
    """The hash and the size of the output of a .dvc file, as they stand there."""
    lines = dict(line.strip(" -").split(": ", 1) for line in path.read_text().splitlines() if ": " in line)
    return {name: value.strip("'\"") for name, value in lines.items() if name != "path"}


def compare(name, folder, result):
    for item in result["datasets"]:
        same = ours(item["snapshot_id"]) == theirs(folder / item["path"])
        check(f"{name}: {item['path']} has the same files", same)


def check_import(place):
    folder = place / "repository"
    outputs = make_repository(folder)
    project = f"dvc-{TAG}"
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    status, first = bring(folder, project)
    check("the import ends", status == 0, first)
    check("every output is a data set", sorted(item["path"] for item in first["datasets"]) == sorted(outputs), first)
    check("an empty folder is told", first["skipped"] == [{"path": "nothing", "reason": "empty_folder"}], first["skipped"])
    snapshot = first["datasets"][0]["snapshot_id"]
    status, graph = fabrique("lineage", "snapshot", snapshot, "--direction", "up")
    kinds = [node["kind"] for node in graph["nodes"]] if status == 0 else graph
    check("a snapshot tells what it was made from", kinds == ["snapshot", "source"], kinds)
    check("the repository is as it was", before == {file: file.stat().st_mtime_ns for file in folder.rglob("*")})
    compare("cache", folder, first)
    golden = {"pair": "5fb6b29836c388e093ca0715c872fe2a.dir", "tree": "d28c9e28591aeb7e303dc6772ffa6f6b.dir"}
    for name, value in golden.items():
        check(f"DVC hashes {name} as its own tests say", hash_in(folder / f"{name}.dvc")["md5"] == value)
    status, again = bring(folder, project)
    states = {item["state"] for item in again["datasets"]}
    same = [item["snapshot_id"] for item in again["datasets"]] == [item["snapshot_id"] for item in first["datasets"]]
    check("a second import changes nothing", status == 0 and states == {"unchanged"} and same, again)

    clone = place / "clone"
    empty_copy(folder, clone, outputs)
    status, result = bring(clone, f"{project}-b")
    check("an empty cache is read from the remote", status == 0, result)
    compare("remote", folder, result)
    check("nothing is written to an empty cache", not (clone / ".dvc/cache").exists())
    status, told = bring(clone, f"{project}-c", "--remote", "nowhere")
    check("content that is nowhere is told by name", status == 3 and "dvc_content_missing" in told and "nowhere" in told, told)
    for item in result["datasets"]:
        path = f"/api/v1/projects/{project}-c/datasets/{item['dataset']}/snapshots"
        try:
            left = ask(path)["items"]
        except urllib.error.HTTPError as error:
            left = [] if error.code == 404 else [error.code]
        check(f"no snapshot of {item['dataset']}", left == [], left)

    write(folder / "data/a.csv", "a,b\n1,3\n")
    dvc(folder, "add", "-q", "data")
    status, changed = bring(folder, project)
    created = [item["path"] for item in changed["datasets"] if item["state"] == "created"]
    check("only what changed is a new snapshot", status == 0 and created == ["data"], changed)
    compare("changed", folder, changed)
    status, one = bring(folder, f"{project}-d", "--target", "one", "train.txt", "make")
    paths = sorted(item["path"] for item in one["datasets"]) if status == 0 else one
    check("targets choose", paths == ["nested/out", "one/table.csv", "train.txt"], paths)
    return folder, project


def check_older(place):
    """A repository as DVC 2 left it: hashes of texts with LF, another layout, no kind of hash in the file."""
    folder = place / "older"
    folder.mkdir()
    dvc(folder, "init", "-q", "--no-scm")
    mixed = b"text\r\n" * 400_000 + bytes(600) + b"\r\n" * 20
    files = {"crlf.csv": b"a,b\r\n1,2\r\n", "plain.txt": b"x\n", "binary": bytes(range(256)) * 4, "mixed.bin": mixed}
    entries = []
    for name, content in files.items():
        write(folder / "source" / name, content)
        md5 = file_md5(str(folder / "source" / name), name="md5-dos2unix")
        write(folder / ".dvc/cache" / md5[:2] / md5[2:], content)
        entries.append({"md5": md5, "relpath": name})
    text = json.dumps(sorted(entries, key=lambda entry: entry["relpath"]), sort_keys=True)
    md5 = hashlib.md5(text.encode()).hexdigest()
    write(folder / ".dvc/cache" / md5[:2] / f"{md5[2:]}.dir", text)
    write(folder / "data.dvc", f"outs:\n- md5: {md5}.dir\n  size: 1\n  nfiles: {len(files)}\n  path: data\n")
    write(folder / "crlf.csv.dvc", f"outs:\n- md5: {entries[0]['md5']}\n  size: 10\n  path: crlf.csv\n")
    dvc(folder, "checkout", "-q")
    status, result = bring(folder, f"dvc-{TAG}-older")
    check("a cache of DVC 2 is read", status == 0 and len(result["datasets"]) == 2, result)
    if status == 0:
        compare("DVC 2", folder, result)


def is_clean(folder):
    quiet = dvc(folder, "status", "--json").strip()
    return json.loads(quiet) == {}, quiet


def check_export(place, folder, project):
    target = place / "export"
    status, result = fabrique("data", "export", "dvc", str(target), "--project", project)
    check("the export ends", status == 0, result)
    for item in result["datasets"]:
        known = folder / f"{item['path']}.dvc"
        if not known.exists():
            continue
        same = hash_in(target / f"{item['path']}.dvc") == hash_in(known)
        check(f"export: {item['path']}.dvc says what DVC says", same, (target / f"{item['path']}.dvc").read_text())
    dvc(target, "checkout", "-q")
    for item in result["datasets"]:
        path = item["path"]
        check(f"export: DVC checks out {path}", theirs(target / path) == theirs(folder / path))
    check("export: dvc status is clean", *is_clean(target))
    check("export: an executable stays one", os.access(target / "tool.sh", os.X_OK))

    tracked = place / "tracked"
    tracked.mkdir()
    git(tracked, "init", "-q")
    status, result = fabrique("data", "export", "dvc", str(tracked), "data", "tool", "--project", project, "--checkout")
    check("an export of some data sets with their data ends", status == 0 and len(result["datasets"]) == 2, result)
    check("export under git: dvc status is clean", *is_clean(tracked))
    git(tracked, "add", "-A")
    git(tracked, "commit", "-qm", "all")
    listed = subprocess.run(["git", "ls-files"], cwd=tracked, capture_output=True, text=True).stdout.split()
    wanted = [".dvc/.gitignore", ".dvc/config", ".gitignore", "data.dvc", "tool.sh.dvc"]
    check("export under git: git has no data", sorted(listed) == wanted, listed)
    told = dvc(tracked, "data", "status", "--json").strip()
    check("export under git: dvc data status is clean", json.loads(told) == {}, told)
    dvc(tracked, "remote", "add", "-q", "-d", "store", str(place / "pushed"))
    dvc(tracked, "push", "-q")
    shutil.rmtree(tracked / ".dvc/cache")
    shutil.rmtree(tracked / "data")
    dvc(tracked, "pull", "-q")
    check("export: DVC pushes and pulls it", theirs(tracked / "data") == theirs(folder / "data"))
    status, again = fabrique("data", "export", "dvc", str(tracked), "data", "tool", "--project", project, "--checkout")
    check("a second export writes no object", status == 0 and again["objects"] == 0, again)
    check("a second export leaves it clean", *is_clean(tracked))

    tables = place / "tables"
    status, result = fabrique("data", "export", "dvc", str(tables), "iris", "--project", "iris")
    check("a data set of rows is exported", status == 0, result)
    if status == 0:
        dvc(tables, "checkout", "-q")
        [item] = result["datasets"]
        parts = {part["sha256"] for part in ask(f"/api/v1/snapshots/{item['snapshot_id']}")["parts"]}
        check("as its Parquet files", {sha256 for sha256, _ in theirs(tables / item["path"]).values()} == parts)
        check("rows: dvc status is clean", *is_clean(tables))


def check_gone(place):
    (place / "plain").mkdir()
    status, told = bring(place / "plain", f"dvc-{TAG}-x")
    check("a folder without a repository is wrong use", status == 3 and "dvc_repository_not_found" in told, (status, told))


with tempfile.TemporaryDirectory(prefix="fabrique-dvc-") as temp:
    root = Path(temp).resolve()
    repository, name = check_import(root)
    check_older(root)
    check_export(root, repository, name)
    check_gone(root)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
