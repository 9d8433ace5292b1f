"""otlp-logs.py PORT [gzip]: what an application sends with the OpenTelemetry SDK's log exporter."""

import logging
import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

kind = Compression.Gzip if "gzip" in sys.argv else Compression.NoCompression
provider = LoggerProvider(resource=Resource.create({"service.name": "otlp-sdk", "host.name": "web-1"}))
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"http://127.0.0.1:{sys.argv[1]}/v1/logs", compression=kind)))
logger = logging.getLogger("otlp")
logger.setLevel(logging.INFO)
logger.addHandler(LoggingHandler(logger_provider=provider))
logger.error("order %d refused (%s)", 42, kind.value, extra={"customer": 7})
provider.shutdown()
