"""gelf-and-fluent.py GELF-PORT FLUENT-PORT: what graypy and fluent-logger send."""

import logging
import sys

import graypy
from fluent import sender

logger = logging.getLogger("gelf")
logger.addHandler(graypy.GELFUDPHandler("127.0.0.1", int(sys.argv[1])))
# Longer than a datagram: it goes in chunks.
logger.error("by graypy %s", "".join(chr(33 + i * 7919 % 90) for i in range(9000)))
fluent = sender.FluentSender("app", host="127.0.0.1", port=int(sys.argv[2]))
assert fluent.emit("follow", {"message": "by fluent-logger", "level": "warn"})
fluent.close()
