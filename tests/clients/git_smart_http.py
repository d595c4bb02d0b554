"""git over smart HTTP: clone, push, fetch, each from a work tree of its own."""

import os
import shutil
import subprocess

from transcript import BASE, WORK, out

HOME = os.path.join(WORK, "git-home")
shutil.rmtree(HOME, ignore_errors=True)
os.makedirs(HOME)
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": HOME,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.test",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.test",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


def git(*arguments, within="."):
    done = subprocess.run(
        ["git", "-c", "pack.threads=1", *arguments],
        cwd=os.path.join(HOME, within), env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
    )
    if done.returncode:
        print("#", done.stderr.replace("\n", " "))
    return [done.returncode, done.stdout.strip()]


URL = f"{BASE}/repo.git"
out("refs", git("ls-remote", URL))
out("clone", git("clone", "-q", URL, "one"))
out("log", git("log", "--format=%H %s", within="one"))
for n in range(3):
    with open(os.path.join(HOME, "one", f"file{n}"), "w") as file:
        file.write(f"line {n}\n" * 500)
    git("add", ".", within="one")
    git("commit", "-q", "-m", f"commit {n}", within="one")
out("push", git("push", "-q", "origin", "HEAD", within="one"))
out("clone.again", git("clone", "-q", URL, "two"))
out("log.again", git("log", "--format=%H %s", within="two"))
out("branch", git("push", "-q", "origin", "HEAD:refs/heads/other", within="two"))
out("fetch", git("fetch", "-q", within="one"))
out("branches", git("branch", "-r", "--format=%(refname) %(objectname)", within="one"))
out("refs.again", git("ls-remote", URL))
out("shallow", git("clone", "-q", "--depth", "1", URL, "three"))
out("shallow.log", git("log", "--format=%H", within="three"))
out("none", git("ls-remote", f"{BASE}/none.git")[0])
