#include "CRE2.h"

#include <re2/re2.h>

#include <map>
#include <string>
#include <vector>

struct nj_re2 {
    re2::RE2 re;
    std::map<int, std::string> names;
    nj_re2(const re2::StringPiece &pattern, const re2::RE2::Options &options) : re(pattern, options) {
        if (re.ok()) names = re.CapturingGroupNames();
    }
};

extern "C" {

nj_re2 *nj_re2_compile(const char *pattern, size_t pattern_length, bool case_insensitive, bool dot_matches_newline, long max_memory_bytes) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(!case_insensitive);
    options.set_dot_nl(dot_matches_newline);
    options.set_max_mem(max_memory_bytes);
    return new nj_re2(re2::StringPiece(pattern, pattern_length), options);
}

void nj_re2_free(nj_re2 *re) { delete re; }

const char *nj_re2_error(const nj_re2 *re) { return re->re.ok() ? nullptr : re->re.error().c_str(); }

int nj_re2_group_count(const nj_re2 *re) { return re->re.NumberOfCapturingGroups(); }

const char *nj_re2_group_name(const nj_re2 *re, int index) {
    auto found = re->names.find(index);
    return found == re->names.end() ? nullptr : found->second.c_str();
}

bool nj_re2_full_match(const nj_re2 *re, const char *text, size_t length) {
    return re->re.Match(re2::StringPiece(text, length), 0, length, re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

bool nj_re2_partial_match(const nj_re2 *re, const char *text, size_t length) {
    return re->re.Match(re2::StringPiece(text, length), 0, length, re2::RE2::UNANCHORED, nullptr, 0);
}

bool nj_re2_match(const nj_re2 *re, const char *text, size_t length, size_t start, bool anchored, long *offsets, int group_capacity) {
    int wanted = re->re.NumberOfCapturingGroups() + 1;
    if (wanted > group_capacity) wanted = group_capacity;
    std::vector<re2::StringPiece> groups(static_cast<size_t>(wanted));
    auto anchor = anchored ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED;
    if (!re->re.Match(re2::StringPiece(text, length), start, length, anchor, groups.data(), wanted)) return false;
    for (int i = 0; i < wanted; i++) {
        bool present = groups[static_cast<size_t>(i)].data() != nullptr;
        long begin = present ? groups[static_cast<size_t>(i)].data() - text : -1;
        offsets[2 * i] = begin;
        offsets[2 * i + 1] = present ? begin + static_cast<long>(groups[static_cast<size_t>(i)].size()) : -1;
    }
    return true;
}

}
