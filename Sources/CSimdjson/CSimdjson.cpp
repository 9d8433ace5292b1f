#include "CSimdjson.h"

#include <simdjson.h>

#include <string>
#include <string_view>

namespace {

namespace dom = simdjson::dom;

struct walk {
    void *context;
    nj_json_visit visit;
    int depth_max;
    std::string path;
    std::string raw;

    bool emit(nj_json_leaf &leaf) {
        leaf.path = path.data();
        leaf.path_length = path.size();
        return visit(context, &leaf);
    }

    bool element(dom::element value, int depth) {
        nj_json_leaf leaf{};
        switch (value.type()) {
            case dom::element_type::OBJECT:
                if (depth < depth_max) return object(dom::object(value), depth + 1);
                raw = simdjson::minify(value);
                leaf.kind = NJ_JSON_RAW;
                leaf.text = raw.data();
                leaf.text_length = raw.size();
                break;
            case dom::element_type::ARRAY:
                raw = simdjson::minify(value);
                leaf.kind = NJ_JSON_RAW;
                leaf.text = raw.data();
                leaf.text_length = raw.size();
                break;
            case dom::element_type::STRING: {
                std::string_view text = value.get_string().value_unsafe();
                leaf.kind = NJ_JSON_STRING;
                leaf.text = text.data();
                leaf.text_length = text.size();
                break;
            }
            case dom::element_type::INT64:
                leaf.kind = NJ_JSON_INT;
                leaf.int_value = value.get_int64().value_unsafe();
                break;
            case dom::element_type::UINT64:
                leaf.kind = NJ_JSON_UINT;
                leaf.uint_value = value.get_uint64().value_unsafe();
                break;
            case dom::element_type::DOUBLE:
                leaf.kind = NJ_JSON_DOUBLE;
                leaf.double_value = value.get_double().value_unsafe();
                break;
            case dom::element_type::BOOL:
                leaf.kind = NJ_JSON_BOOL;
                leaf.bool_value = value.get_bool().value_unsafe();
                break;
            case dom::element_type::NULL_VALUE:
                leaf.kind = NJ_JSON_NULL;
                break;
        }
        return emit(leaf);
    }

    bool object(dom::object members, int depth) {
        for (auto member : members) {
            size_t length = path.size();
            if (length != 0) path.push_back('.');
            path.append(member.key);
            bool go_on = element(member.value, depth);
            path.resize(length);
            if (!go_on) return false;
        }
        return true;
    }
};

}  // namespace

struct nj_json_parser {
    dom::parser parser;
    explicit nj_json_parser(size_t document_bytes_max) : parser(document_bytes_max) {}
};

extern "C" {

nj_json_parser *nj_json_parser_create(size_t document_bytes_max) { return new nj_json_parser(document_bytes_max); }

void nj_json_parser_free(nj_json_parser *parser) { delete parser; }

const char *nj_json_flatten(nj_json_parser *parser, const char *bytes, size_t length, int depth_max, void *context, nj_json_visit visit) {
    dom::element root;
    auto error = parser->parser.parse(bytes, length, true).get(root);
    if (error) return simdjson::error_message(error);
    dom::object members;
    if (root.get(members)) return "the document is not a JSON object";
    walk state{context, visit, depth_max, {}, {}};
    state.object(members, 1);
    return nullptr;
}

}
