"""Logs by the standard library's SysLogHandler: over UDP to the first port, over TCP to the second.

Usage: syslog.py UDP-PORT TCP-PORT
"""
import logging
import logging.handlers
import socket
import sys

for kind, port, name in ((socket.SOCK_DGRAM, sys.argv[1], "udp"), (socket.SOCK_STREAM, sys.argv[2], "tcp")):
    handler = logging.handlers.SysLogHandler(("127.0.0.1", int(port)), facility="daemon", socktype=kind)
    handler.setFormatter(logging.Formatter("pyapp[%(process)d]: %(message)s\n" if name == "tcp" else "pyapp[%(process)d]: %(message)s"))
    handler.append_nul = False
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    logger.error("python over %s password=hunter2", name)
    handler.close()
