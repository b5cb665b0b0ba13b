"""Asks the fake what another official client makes of it.

Needs `pip install kurrentdbclient` and a running fake: python second_opinion.py 127.0.0.1:PORT
"""

import sys
from uuid import uuid4

from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import NotFoundError, WrongCurrentVersionError

client = KurrentDBClient(f"kurrentdb://{sys.argv[1]}?tls=false")
stream = f"second-{uuid4()}"


def events(count):
    return [NewEvent(type="thing", data=b"{}", metadata=b"{}", id=uuid4()) for _ in range(count)]


def passed(what):
    print(f"passed: {what}")


first = events(3)
commit = client.append_events(stream, current_version=StreamState.NO_STREAM, events=first)
passed("append to a new stream")
assert client.append_events(stream, current_version=StreamState.NO_STREAM, events=first) == commit
passed("the same append again, the same commit position")
client.append_event(stream, current_version=2, event=events(1)[0])
passed("append at a version")
for stale in (StreamState.NO_STREAM, 0, 17):
    try:
        client.append_events(stream, current_version=stale, events=events(2))
        raise SystemExit(f"a stale write at {stale} went through")
    except WrongCurrentVersionError as refused:
        assert "3" in str(refused), refused
passed("stale writes are refused, with the version there is")
read = client.get_stream(stream)
assert [event.stream_position for event in read] == [0, 1, 2, 3]
assert [event.id for event in read[:3]] == [event.id for event in first]
passed("read a stream")
assert [event.stream_position for event in client.get_stream(stream, backwards=True)] == [3, 2, 1, 0]
assert [event.stream_position for event in client.get_stream(stream, stream_position=2)] == [2, 3]
assert len(client.get_stream(stream, limit=2)) == 2
passed("backwards, from a position, with a limit")
try:
    client.get_stream(f"none-{uuid4()}")
    raise SystemExit("a stream that is not there was read")
except NotFoundError:
    passed("a stream that is not there")
everything = list(client.read_all(filter_exclude=()))
positions = [event.commit_position for event in everything]
assert positions == sorted(set(positions))
ours = [event for event in everything if event.stream_name == stream]
assert [event.id for event in ours] == [event.id for event in read]
passed("read all in the order of commits")
after = list(client.read_all(commit_position=ours[1].commit_position, filter_exclude=()))
assert [event.id for event in after if event.stream_name == stream] == [e.id for e in ours[1:]]
passed("read all from a position, the event there included")
assert client.get_current_version(stream) == 3
assert client.get_commit_position(filter_exclude=()) >= ours[-1].commit_position
passed("current version and commit position")
print("all passed")
