#!/bin/sh
# Whether an X-JWS-Signature is that of a body: SHARED_KEY=… sh verify.sh "$SIGNATURE" BODY_FILE
# Exits with 0 when it is valid, 1 when it is not, 2 when the key cannot be used.
# While openssl runs, other users of the machine can see the key in its arguments.
set -eu
test -r "$2"
export LC_ALL=C
protected=eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19 # {"alg":"HS256","b64":false,"crit":["b64"]}
hex() { od -An -v -tx1 | tr -d ' \n'; }

jwk() { # SHARED_KEY as the k of a JWK: either alphabet, complete padding or none
  case $SHARED_KEY in *[!A-Za-z0-9+/_=-]* | *=*[!=]*) return ;; esac
  bare=${SHARED_KEY%%=*}
  case $((${#bare} % 4))$((${#SHARED_KEY} - ${#bare})) in
    00) padding= ;; 20 | 22) padding='==' ;; 30 | 31) padding='=' ;; *) return ;;
  esac
  printf %s "$bare$padding" | tr _- /+ | openssl base64 -d -A | hex
}

given=$(printf %s "$1" | openssl dgst -sha256)
status=2
for key in "$(jwk)" "$(printf %s "$SHARED_KEY" | hex)"; do # a JWK's k, then UTF-8
  [ ${#key} -ge 64 ] || continue # 32 octets
  mac=$({ printf %s. "$protected"; cat "$2"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A | tr +/ -_)
  [ ${#mac} -eq 44 ] || exit 2 # openssl failed, and has said why
  expected=$(printf %s "$protected..${mac%=}" | openssl dgst -sha256)
  # The time of the shell's comparison tells where two strings part; where two hashes part is of no use to a forger.
  if [ "$expected" = "$given" ]; then status=0; break; fi
  status=1
done
case $status in 0) echo valid ;; 1) echo invalid ;; *) echo "no usable key" >&2 ;; esac
exit $status
