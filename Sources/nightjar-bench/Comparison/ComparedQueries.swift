/// Queries for two servers to be asked, made from templates: each `<name>` stands for every one of a list.
enum ComparedQueries {
    struct Query {
        let text: String
        /// Whether both servers have to refuse it.
        let mustFail: Bool
    }

    static let variants: [String: [String]] = [
        "aggregate": ["sum", "avg", "max", "min", "count", "stddev", "stdvar"],
        "arithmetic": ["+", "-", "*", "/", "%", "^"],
        "binary": ["+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="],
        "clamp": ["clamp_min", "clamp_max"],
        "comparison": ["==", "!=", "<", ">", "<=", ">="],
        "date": ["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"],
        "instantRate": ["irate", "idelta"],
        "math": ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "round", "sgn"],
        "offset": ["1m", "5m", "10m"],
        "overTime": ["sum", "avg", "max", "min", "count", "stddev", "stdvar", "absent", "last", "present"],
        "quantile": ["-0.5", "0", "0.1", "0.5", "0.75", "0.9", "0.95", "0.99", "1", "1.5"],
        "range": ["1s", "15s", "1m", "5m", "15m", "1h"],
        "rate": ["rate", "increase", "delta"],
        "set": ["and", "or", "unless"],
        "top": ["topk", "bottomk"],
        "trigonometric": ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad"],
    ]

    static let all: [Query] = templates.flatMap { expand($0).map { Query(text: $0, mustFail: false) } } + failing.map { Query(text: $0, mustFail: true) }

    /// Every text that a template stands for.
    static func expand(_ template: String) -> [String] {
        for (name, values) in variants.sorted(by: { $0.key < $1.key }) where template.contains("<\(name)>") {
            return values.flatMap { expand(template.replacing("<\(name)>", with: $0)) }
        }
        return [template]
    }

    private static let templates = literals + selectors + aggregations + operators + functions + histograms + subqueries

    private static let literals = ["42", "1.234", ".123", "1.23e-3", "0x3d", "Inf", "+Inf", "-Inf", "NaN", "-1 ^ 2", "1 * 2 + 4 / 6 - 10 % 2 ^ 2", "time()"]

    private static let selectors = [
        "demo_memory_usage_bytes", #"{__name__="demo_memory_usage_bytes"}"#, #"demo_memory_usage_bytes{type="free"}"#, #"demo_memory_usage_bytes{type!="free"}"#,
        #"demo_memory_usage_bytes{instance=~"demo.example.com:.*"}"#, #"demo_memory_usage_bytes{instance=~"example"}"#, #"demo_memory_usage_bytes{instance!~".*:10000"}"#,
        #"demo_memory_usage_bytes{type="free", instance!="demo.example.com:10000"}"#, #"{type="free", instance!="demo.example.com:10000"}"#, #"demo_memory_usage_bytes{nothing=""}"#,
        #"demo_memory_usage_bytes{type=~"free|used"}"#, #"demo_memory_usage_bytes{type=~"(?i)FREE"}"#, "nonexistent_metric_name", "demo_intermittent_metric", "demo_special_values",
        "demo_memory_usage_bytes offset <offset>", "demo_memory_usage_bytes offset -<offset>", "demo_intermittent_metric offset <offset>", "demo_memory_usage_bytes @ end()",
        "demo_memory_usage_bytes @ start()", "rate(demo_cpu_usage_seconds_total[5m] @ end())", "demo_memory_usage_bytes @ start() offset <offset>",
        #"demo_newline_in_label{text=~"first.second"}"#, #"demo_newline_in_label{text=~"first\nsecond"}"#,
    ]

    private static let aggregations = [
        "<aggregate>(demo_memory_usage_bytes)", "<aggregate>(nonexistent_metric_name)", "<aggregate> by() (demo_memory_usage_bytes)", "<aggregate> by(instance) (demo_memory_usage_bytes)",
        "<aggregate> by(instance, type) (demo_memory_usage_bytes)", "<aggregate> by(nonexistent) (demo_memory_usage_bytes)", "<aggregate> without() (demo_memory_usage_bytes)",
        "<aggregate> without(instance) (demo_memory_usage_bytes)", "<aggregate> without(instance, type) (demo_memory_usage_bytes)", "<aggregate> without(nonexistent) (demo_memory_usage_bytes)",
        "<aggregate>(demo_special_values)", "<top>(3, demo_memory_usage_bytes)", "<top> by(instance) (2, demo_memory_usage_bytes)", "<top> without(instance) (2, demo_memory_usage_bytes)",
        "<top> without() (2, demo_memory_usage_bytes)", "quantile(<quantile>, demo_memory_usage_bytes)", "quantile by(type) (<quantile>, demo_memory_usage_bytes)",
        "avg(max by(type) (demo_memory_usage_bytes))", "group by(instance) (demo_memory_usage_bytes)", #"count_values("value", demo_api_request_duration_seconds_bucket)"#,
        #"count_values by(le) ("value", demo_num_cpus)"#,
    ]

    private static let operators = [
        "demo_num_cpus + (1 <comparison> bool 2)", "demo_memory_usage_bytes <binary> 1.2345", "demo_memory_usage_bytes <comparison> bool 1.2345",
        "1.2345 <comparison> bool demo_memory_usage_bytes", "0.12345 <binary> demo_memory_usage_bytes", "(1 * 2 + 4 / 6 - (10%7)^2) <binary> demo_memory_usage_bytes",
        "demo_memory_usage_bytes <binary> (1 * 2 + 4 / 6 - 10)", "timestamp(demo_memory_usage_bytes * 1)", "timestamp(-demo_memory_usage_bytes)",
        "demo_memory_usage_bytes <binary> on(instance, job, type) demo_memory_usage_bytes",
        "sum by(instance, type) (demo_memory_usage_bytes) <binary> on(instance, type) group_left(job) demo_memory_usage_bytes",
        "demo_memory_usage_bytes <comparison> bool on(instance, job, type) demo_memory_usage_bytes",
        "demo_memory_usage_bytes / on(instance, job, type, __name__) demo_memory_usage_bytes",
        "sum without(job) (demo_memory_usage_bytes) / on(instance, type) demo_memory_usage_bytes",
        "sum without(job) (demo_memory_usage_bytes) / on(instance, type) group_left demo_memory_usage_bytes",
        "sum without(job) (demo_memory_usage_bytes) / on(instance, type) group_left(job) demo_memory_usage_bytes",
        "demo_memory_usage_bytes / on(instance, job) group_left demo_num_cpus", "demo_num_cpus * on(instance) group_right demo_memory_usage_bytes",
        "demo_memory_usage_bytes / ignoring(type) group_left demo_num_cpus", "demo_memory_usage_bytes / on(instance, type, job, nonexistent) demo_memory_usage_bytes",
        "demo_num_cpus * Inf", "demo_num_cpus * -Inf", "demo_num_cpus * NaN", "demo_memory_usage_bytes + -(1)", "-demo_memory_usage_bytes", "demo_special_values <arithmetic> 2",
        "1 <arithmetic> time()", "time() <arithmetic> 1", "time() <comparison> bool 1", "1 <comparison> bool time()", "time() <arithmetic> time()", "time() <comparison> bool time()",
        "time() <binary> demo_memory_usage_bytes", "demo_memory_usage_bytes <binary> time()", "demo_num_cpus atan2 demo_num_cpus",
        #"demo_memory_usage_bytes <set> demo_memory_usage_bytes{type="free"}"#, "demo_memory_usage_bytes <set> on(instance) demo_num_cpus",
        "demo_intermittent_metric <set> ignoring(gaps) demo_special_values",
    ]

    private static let functions = [
        "<overTime>_over_time(demo_memory_usage_bytes[<range>])", "<overTime>_over_time(demo_intermittent_metric[<range>])", "quantile_over_time(<quantile>, demo_memory_usage_bytes[<range>])",
        "timestamp(demo_num_cpus)", "timestamp(timestamp(demo_num_cpus))", "<math>(demo_memory_usage_bytes)", "<math>(-demo_memory_usage_bytes)", "<math>(demo_special_values)",
        "<trigonometric>(demo_num_cpus / 5)", "round(demo_memory_usage_bytes, 1000)", "<rate>(nonexistent_metric[5m])", "<rate>(demo_cpu_usage_seconds_total[<range>])",
        "<rate>(demo_intermittent_metric[<range>])", "deriv(demo_disk_usage_bytes[<range>])", "predict_linear(demo_disk_usage_bytes[<range>], 600)",
        "holt_winters(demo_disk_usage_bytes[5m], 0.5, 0.5)", "holt_winters(demo_disk_usage_bytes[5m], 0.1, 0.9)",
        #"label_replace(demo_num_cpus, "job", "destination-value-$1", "instance", "demo.example.com:(.*)")"#,
        #"label_replace(demo_num_cpus, "job", "destination-value-$1", "instance", "example:(.*)")"#, #"label_replace(demo_num_cpus, "job", "$1-$2", "instance", "demo(.*):(.*)")"#,
        #"label_replace(demo_num_cpus, "job", "value-$1", "nonexistent", "source-(.*)")"#, #"label_replace(demo_num_cpus, "job", "value-$1", "nonexistent", "(.*)")"#,
        #"label_replace(demo_num_cpus, "job", "value-$1", "instance", "other")"#, #"label_replace(demo_num_cpus, "job", "", "dst", ".*")"#,
        #"label_join(demo_num_cpus, "joined", "-", "instance", "job")"#, #"label_join(demo_num_cpus, "job", "-", "instance", "job")"#, #"label_join(demo_num_cpus, "job", "-", "instance")"#,
        "<date>()", "<date>(demo_batch_last_success_timestamp_seconds offset <offset>)", "<instantRate>(demo_cpu_usage_seconds_total[<range>])", "<clamp>(demo_memory_usage_bytes, 2000000000)",
        "clamp(demo_memory_usage_bytes, 0, 1)", "clamp(demo_memory_usage_bytes, 0, 1000000000000)", "clamp(demo_memory_usage_bytes, 1000000000000, 0)",
        "clamp(demo_memory_usage_bytes, 1000000000000, 1000000000000)", "resets(demo_cpu_usage_seconds_total[<range>])", "changes(demo_batch_last_success_timestamp_seconds[<range>])",
        "vector(1.23)", "vector(time())", "scalar(sum(demo_num_cpus))", "scalar(demo_num_cpus)", "absent(demo_memory_usage_bytes)", "absent(nonexistent_metric_name)",
        #"absent(nonexistent_metric_name{job="demo", instance=~".*"})"#, #"absent_over_time(nonexistent_metric_name{job="demo"}[5m])"#, "sort(demo_num_cpus)", "sort_desc(demo_num_cpus)", "pi()",
        "rate(demo_aligned_total[1m])", "sum_over_time(demo_aligned_total[1m])", "count_over_time(demo_aligned_total[15s])", "increase(demo_aligned_total[5m])", "demo_aligned_total",
    ]

    private static let histograms = [
        "histogram_quantile(<quantile>, rate(demo_api_request_duration_seconds_bucket[1m]))",
        "histogram_quantile(<quantile>, sum by(le) (rate(demo_api_request_duration_seconds_bucket[5m])))",
        "histogram_quantile(<quantile>, demo_api_request_duration_seconds_bucket)", "histogram_quantile(0.9, nonexistent_metric)", "histogram_quantile(0.9, demo_memory_usage_bytes)",
        #"histogram_quantile(0.9, {__name__=~"demo_api_request_duration_seconds_.+"})"#, "rate(demo_api_request_duration_seconds_sum[5m]) / rate(demo_api_request_duration_seconds_count[5m])",
    ]

    private static let subqueries = [
        "max_over_time((time() - max(demo_batch_last_success_timestamp_seconds) < 1000)[5m:10s] offset 5m)", "avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[2m:10s])",
        "max_over_time(demo_memory_usage_bytes[2m:7s])", "sum_over_time(demo_memory_usage_bytes[2m:10s])", "quantile_over_time(<quantile>, demo_memory_usage_bytes[2m:13s])",
    ]

    private static let failing = [
        #"{__name__=~".*"}"#, #"label_replace(demo_num_cpus, "job", "value-$1", "src", "(.*")"#, #"label_replace(demo_num_cpus, "\xff", "", "src", "(.*)")"#,
        #"label_replace(demo_num_cpus, "instance", "", "", "")"#, #"label_join(demo_num_cpus, "\xff", "-", "instance")"#, "demo_memory_usage_bytes / on(instance) demo_memory_usage_bytes",
        "demo_memory_usage_bytes / on(instance) demo_num_cpus", "sum(", "rate(demo_num_cpus)", "demo_num_cpus[5m]", #""text""#, "demo_num_cpus and 1", "topk(demo_num_cpus, demo_num_cpus)",
        "1 == 2", "demo_num_cpus offset 5", "rate(demo_num_cpus[0s])",
    ]
}
