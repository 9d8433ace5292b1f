"""A message of RFC 5425, by the standard library.

Usage: syslog-tls.py PORT CERTIFICATE
"""
import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[2])
context.check_hostname = False
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as plain, context.wrap_socket(plain) as connection:
    message = b"<11>1 - web-1 shop - - - by python over tls"
    connection.sendall(b"%d %s" % (len(message), message))
