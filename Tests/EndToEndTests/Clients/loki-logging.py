"""loki-logging.py PORT: what an application sends with python-logging-loki."""

import logging
import sys

import logging_loki

handler = logging_loki.LokiHandler(url=f"http://127.0.0.1:{sys.argv[1]}/loki/api/v1/push", tags={"job": "python-logging-loki"}, version="1")
logger = logging.getLogger("shop")
logger.addHandler(handler)
logger.error("payment %d failed: timeout", 17, extra={"tags": {"service": "payment"}})
logger.warning('unicode ✓ and a "quote"')
try:
    raise ValueError("a record of several lines")
except ValueError:
    logger.exception("it broke")
