"""Reads JUnit XML as CI servers do, checks its counts, and prints name and outcome of each test case."""

import json
import sys
import xml.etree.ElementTree as ElementTree

root = ElementTree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites", root.tag
cases = []
for suite in root:
    assert suite.tag == "testsuite" and suite.get("name"), suite.tag
    outcomes = []
    for case in suite:
        assert case.tag == "testcase" and case.get("name") and case.get("classname"), case.tag
        float(case.get("time"))
        assert len(case) <= 1, "a test case has one outcome"
        for outcome in case:
            assert outcome.get("message") and outcome.get("type") and outcome.text.strip()
        outcomes.append(case[0].tag if len(case) else "passed")
        cases.append([case.get("name"), outcomes[-1]])
    for of in (suite, root):
        assert int(of.get("tests")) == len(outcomes)
        assert int(of.get("failures")) == outcomes.count("failure")
        assert int(of.get("errors")) == outcomes.count("error")
print(json.dumps(cases))
