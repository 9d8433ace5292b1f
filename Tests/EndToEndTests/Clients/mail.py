"""A mail server that takes one message after another: mail.py PORT starttls|implicit CERTIFICATE KEY USER PASSWORD FILE"""

import base64
import socket
import ssl
import sys

port, mode, certificate, key, user, password, path = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def serve(connection):
    is_secure = mode == "implicit"
    if is_secure:
        connection = context.wrap_socket(connection, server_side=True)
    lines = connection.makefile("rb")
    record = []

    def say(text):
        connection.sendall(text.encode() + b"\r\n")

    is_known = False
    say("220 sink ready")
    while line := lines.readline():
        words = line.decode().rstrip("\r\n").split(" ")
        command = words[0].upper()
        if command == "EHLO":
            say("250-sink")
            say("250 AUTH PLAIN LOGIN" if is_secure else "250 STARTTLS")
        elif command == "STARTTLS":
            say("220 go ahead")
            connection = context.wrap_socket(connection, server_side=True)
            lines, is_secure = connection.makefile("rb"), True
        elif command == "AUTH" and words[1].upper() == "PLAIN":
            if len(words) > 2:
                answer = words[2]
            else:
                say("334 ")
                answer = lines.readline().decode().strip()
            is_known = base64.b64decode(answer).split(b"\0")[1:] == [user.encode(), password.encode()]
            say("235 welcome" if is_known else "535 5.7.8 wrong user or password")
        elif command in ("MAIL", "RCPT"):
            record.append(" ".join(words))
            say("250 fine" if is_known else "530 5.7.0 who are you?")
        elif command == "DATA":
            say("354 go on")
            text = []
            while (line := lines.readline()) not in (b".\r\n", b""):
                text.append(line.decode())
            with open(path, "a") as file:
                file.write("%s %s\n%s\n--- end\n" % (mode, " ".join(record), "".join(text)))
            record = []
            say("250 queued")
        elif command == "QUIT":
            say("221 bye")
            break
        else:
            say("250 fine")
    connection.close()


listener = socket.create_server(("127.0.0.1", int(port)))
print("ready", flush=True)
while True:
    accepted, _ = listener.accept()
    try:
        serve(accepted)
    except (OSError, ssl.SSLError) as error:
        print(error, file=sys.stderr, flush=True)
