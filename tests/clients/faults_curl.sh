#!/bin/sh
# What curl makes of each fault: sh faults_curl.sh BASE FOLDER [OPTION] -- FAULT…
# One line of JSON a fault. The class is curl's exit code and how much of the body came before, or,
# where curl saw nothing wrong, what is other than at BASE/healthy.
set -eu
base=$1 folder=$2
shift 2
option=
while [ "$1" != -- ]; do option=$1 && shift; done
shift

# Leaves `seen` (exit code, status, type, size), the body and the head.
ask() {
    rm -f "$folder/body" "$folder/head"
    code=0
    # shellcheck disable=SC2086
    written=$(curl -s $option --noproxy '*' --max-time 1.5 -H 'Accept: application/json' \
        -o "$folder/body" -D "$folder/head" -w '%{http_code} %{size_download} %{content_type}' \
        "$base/$1") || code=$?
    touch "$folder/body" "$folder/head"
    status=${written%% *} rest=${written#* }
    size=${rest%% *} type=${rest#* }
}

count() { grep -ci "^$1:" "$folder/head" || true; }

ask healthy
if [ "$code $status" != '0 200' ]; then
    echo "the healthy answer is not: exit $code, status $status" >&2
    exit 1
fi
cp "$folder/body" "$folder/healthy"
healthy_size=$size

for fault in "$@"; do
    ask "$fault"
    if [ "$code" -ne 0 ]; then
        class="exit $code"
        # A reset of a stream (92) that comes with the bytes before it lets curl forget these.
        if [ "$size" -ne 0 ] && [ "$code" -ne 92 ]; then class="$class after $size"; fi
    elif [ "$status" -ne 200 ]; then
        class="status $status"
    elif [ "$(count grpc-status)" -ne 0 ]; then
        class="grpc-status $(grep -i '^grpc-status:' "$folder/head" | tr -cd 0-9)"
    elif [ "$type" != application/json ]; then
        class="type $type"
    elif [ "$(count etag)" -ne 1 ]; then
        class="etags $(count etag)"
    elif [ "$size" -ne "$healthy_size" ]; then
        class="size $size"
    elif ! cmp -s "$folder/body" "$folder/healthy"; then
        class='other bytes'
    else
        class=healthy
    fi
    printf '{"fault":"%s","class":"%s"}\n' "$fault" "$class"
done
