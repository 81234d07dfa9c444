"""A mail server (aiosmtpd) that prints what it takes: first {"port"}, then a line for each e-mail.

The name before the @ of a recipient says what becomes of it:
full 452, greylisted 451, unknown 550, spam 554 after the body, busy 421, slow no answer. Everything else is taken.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

REFUSED = {
    "full": "452 4.2.2 The mailbox is full",
    "greylisted": "451 4.7.1 Greylisted, come again",
    "unknown": "550 5.1.1 There is no such mailbox",
    "busy": "421 4.3.2 Shutting down",
}


def say(value: dict) -> None:
    print(json.dumps(value), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name == "slow":
            await asyncio.sleep(3600)
        if name in REFUSED:
            return REFUSED[name]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(recipient.startswith("spam@") for recipient in envelope.rcpt_tos):
            return "554 5.7.1 This looks like spam"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": {name.lower(): str(value) for name, value in message.items()},
                "type": message.get_content_type(),
                "parts": parts,
                "user": session.auth_data,
            }
        )
        return "250 2.0.0 Taken"


def authenticator(user: str, password: str):
    def authenticate(server, session, envelope, mechanism, data):
        if (data.login, data.password) != (user.encode(), password.encode()):
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=user)

    return authenticate


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    arguments = parser.parse_args()
    options = {"hostname": "mail.test", "ident": "aiosmtpd"}
    if arguments.user:
        options |= {
            "authenticator": authenticator(arguments.user, arguments.password),
            "auth_required": True,
            "auth_require_tls": False,
        }
    if arguments.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.cert, arguments.key)
        options["tls_context"] = context
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **options), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
