# Sourced: start_world PORT BANK_PORT starts the sandbox banks and the service in a folder of their own
# (`$data`, or OPL_DATA, which then stays), and ends them with the script. `$program` is the opl to run.
data=${OPL_DATA:-$(mktemp -d)}
world=
finish_world() {
  [ -z "$world" ] || { kill "$world" 2>/dev/null || true; wait "$world" 2>/dev/null || true; }
  [ -n "${OPL_DATA:-}" ] || rm -rf "$data"
}
trap finish_world EXIT
start_world() {
  "$program" demo --data "$data" --port "$1" --bank-port "$2" >"$data/demo.out" 2>"$data/demo.err" &
  world=$!
  for _ in $(seq "${OPL_START_TRIES:-300}"); do
    curl -fsS "http://localhost:$1/health/ready" >/dev/null 2>&1 && return
    kill -0 "$world" 2>/dev/null || { cat "$data/demo.out" "$data/demo.err" >&2; exit 1; }
    sleep 0.2
  done
  echo "the service was not ready in time" >&2
  exit 1
}
stop_world() {
  kill "$world"
  wait "$world" 2>/dev/null || true
  world=
}
# sign_up PORT EMAIL: by the digest the page knows the document by, since a release takes no other text.
sign_up() {
  local document
  document=$(python3 -c 'import json; print(next(name for name, text in json.load(open("web/src/gql/persisted-documents.json")).items() if "mutation SignUp" in text))')
  curl -fsS "http://localhost:$1/graphql" -H 'content-type: application/json' -H 'x-opl-request: 1' -d \
    '{"documentId":"'"$document"'","variables":{"email":"'"$2"'","password":"a long enough pass phrase"}}' >/dev/null
}
