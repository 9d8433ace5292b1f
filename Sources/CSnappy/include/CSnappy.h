// The C interface of libsnappy (block format), for the Compression target.
#pragma once
#include <snappy-c.h>
