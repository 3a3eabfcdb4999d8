"""Runs tests of a GoogleTest program side by side, and what failed or was not reached again, each in a process of its own.

    run.py [--shards N] [--workers N] [--seconds S] [--once] --out FILE PROGRAM FILTER [COMMAND THAT RUNS IT]

A kernel that fails takes the GPU from its process: every later test there fails, too, and a crash ends them all. Only a
test that fails alone is at fault. FILE is a list of {"name", "outcome", "message"}: passed, skipped, failed, died (its
process ended), "not run" (no time was left) or "passed alone". Logs lie beside it. Lines that begin with "=========",
which compute-sanitizer writes, fail the test that they follow. Exit status 1 unless every process ended well.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

BEGIN = re.compile(r"\[ RUN      \] ([^\s,]+)")
END = re.compile(r"\[(       OK |  FAILED  |  SKIPPED )\] ([^\s,]+)")
OUTCOME = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}
FOUND = re.compile(r"^========= (?!COMPUTE-SANITIZER|.*SUMMARY|\s*$)(.*)")


def listed(program, pattern):
    """Names of the tests that a filter selects."""
    text = subprocess.run([program, "--gtest_list_tests", f"--gtest_filter={pattern}"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    names, suite = [], ""
    for line in text.splitlines():
        name = line.split("#")[0].rstrip()
        if not name.startswith(" "):
            suite = name
        elif not name.lstrip().startswith("DISABLED_"):
            names.append(suite + name.lstrip())
    return names


def read(lines, status):
    """Outcomes of the tests of one log, and what was said outside of them; `status` is how its process ended."""
    results, outside, name, said, found = {}, [], None, [], []
    for line in lines:
        begin, end = BEGIN.search(line), END.search(line)
        if begin:
            name, said, found = begin.group(1), [], []
        elif name is not None and end and end.group(2) == name:
            outcome = OUTCOME[end.group(1).strip()]
            if found and outcome != "skipped":
                outcome, said = "failed", found
            results[name] = {"name": name, "outcome": outcome, "message": "\n".join(said) if outcome != "passed" else ""}
            name = None
        else:
            report = FOUND.match(line)
            if report:
                found.append(report.group(1).strip())
            (outside if name is None else said).append(line.rstrip())
    if name is not None:
        results[name] = {"name": name, "outcome": "died", "message": f"{status}\n" + "\n".join(said)}
    return results, outside


class Runner:
    def __init__(self, options):
        self.options = options
        self.stem = options.out.removesuffix(".json")
        self.deadline = time.monotonic() + options.seconds
        self.threads = str(max(1, (os.cpu_count() or 1) // options.workers))

    def run(self, label, pattern, limit, environment):
        """One process: its outcomes, and a word when it ended badly otherwise."""
        left = self.deadline - time.monotonic()
        if left < 1:
            return {}, "no time was left"
        path = f"{self.stem}.{re.sub('[^A-Za-z0-9_.]', '_', label)}.log"
        command = [*self.options.before, self.options.program, f"--gtest_filter={pattern}", "--gtest_color=no"]
        with open(path, "w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                                       env={"OMP_NUM_THREADS": self.threads, **os.environ, **environment})
            try:
                code = process.wait(min(left, limit))
                status = f"exit status {code}"
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                code, status = 1, f"stopped after {min(left, limit):.0f} s"
        with open(path, errors="replace") as log:
            results, outside = read(log, status)
        bad = code != 0 and all(result["outcome"] in ("passed", "skipped") for result in results.values())
        return results, f"{status}: " + "\n".join(outside[-3:]) if bad else ""

    def all(self):
        options, names = self.options, listed(self.options.program, self.options.filter)
        results, trouble = {}, []
        with ThreadPoolExecutor(options.workers) as pool:
            shards = [pool.submit(self.run, str(i), options.filter, options.seconds * (1 if options.once else 0.7),
                                  {"GTEST_TOTAL_SHARDS": str(options.shards), "GTEST_SHARD_INDEX": str(i)})
                      for i in range(options.shards)]
            for i, shard in enumerate(shards):
                found, word = shard.result()
                results.update(found)
                if word:
                    trouble.append({"name": f"shard {i}", "outcome": "died", "message": word})
        good = not trouble and all(results.get(name, {}).get("outcome") in ("passed", "skipped") for name in names)
        if not options.once:
            self.alone([name for name in names if results.get(name, {}).get("outcome") not in ("passed", "skipped")], results)
        for name in names:
            results.setdefault(name, {"name": name, "outcome": "not run", "message": ""})
        with open(options.out, "w") as file:
            json.dump([*trouble, *(results[name] for name in names)], file, indent=1)
        return good

    def alone(self, names, results):
        with ThreadPoolExecutor(self.options.workers) as pool:
            again = {name: pool.submit(self.run, name, name, 60, {}) for name in names}
            for name, run in again.items():
                found, word = run.result()
                now, before = found.get(name), results.get(name)
                if now is None and word and before is None:
                    now = {"name": name, "outcome": "not run", "message": word}
                if now is None:
                    continue
                if now["outcome"] == "passed" and word:
                    now.update(outcome="died", message=word)
                elif now["outcome"] == "passed" and before:
                    now.update(outcome="passed alone", message=before["message"])
                results[name] = now


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=500)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--out", required=True)
    parser.add_argument("program")
    parser.add_argument("filter")
    parser.add_argument("before", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    options.workers = options.workers or options.shards
    sys.exit(0 if Runner(options).all() else 1)


if __name__ == "__main__":
    main()
