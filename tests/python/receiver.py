"""A receiver that verifies as the vendor's page says, with jwcrypto: prints its port, then a line for each delivery."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import recipe


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_valid = recipe.sign(SHARED_KEY, body) == self.headers["X-JWS-Signature"]
        event_id = self.headers["X-Hookseal-Event-Id"]
        print(json.dumps({"valid": is_valid, "event_id": event_id, "body": json.loads(body)}), flush=True)
        self.send_response(204 if is_valid else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


SHARED_KEY = sys.argv[1]
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
