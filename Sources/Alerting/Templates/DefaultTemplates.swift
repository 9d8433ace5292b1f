/// What receivers say where the operator's file says nothing. The names are those that Alertmanager's configuration refers to.
enum DefaultTemplates {
    static let text = """
        {{ define "__alertmanager" }}Nightjar{{ end }}
        {{ define "__alertmanagerURL" }}{{ .ExternalURL }}{{ end }}
        {{ define "__subject" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }}{{ with .CommonAnnotations.summary }} {{ . }}{{ end }}{{ end }}
        {{ define "__description" }}{{ end }}
        {{ define "__alert_line" }}{{ with .Annotations.summary }}{{ . }}{{ else }}{{ .Labels.alertname }}{{ end }}{{ end }}
        {{ define "__text_alert_list" }}{{ range . }}- {{ template "__alert_line" . }}
          {{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}
        {{ with .Annotations.description }}  {{ . }}
        {{ end }}{{ with .Annotations.runbook_url }}  Runbook: {{ . }}
        {{ end }}{{ with .GeneratorURL }}  Source: {{ . }}
        {{ end }}{{ end }}{{ end }}
        {{ define "__text_alert_list_markdown" }}{{ range . }}- **{{ template "__alert_line" . }}** {{ range .Labels.SortedPairs }}`{{ .Name }}={{ .Value }}` {{ end }}{{ with .Annotations.description }}
          {{ . }}{{ end }}{{ with .Annotations.runbook_url }} [Runbook]({{ . }}){{ end }}
        {{ end }}{{ end }}
        {{ define "__both" }}{{ if gt (len .Alerts.Firing) 0 }}Firing:
        {{ template "__text_alert_list" .Alerts.Firing }}{{ end }}{{ if gt (len .Alerts.Resolved) 0 }}Resolved:
        {{ template "__text_alert_list" .Alerts.Resolved }}{{ end }}{{ if gt .TruncatedAlerts 0 }}and {{ .TruncatedAlerts }} more
        {{ end }}{{ end }}
        {{ define "__both_markdown" }}{{ if gt (len .Alerts.Firing) 0 }}Firing:

        {{ template "__text_alert_list_markdown" .Alerts.Firing }}{{ end }}{{ if gt (len .Alerts.Resolved) 0 }}
        Resolved:

        {{ template "__text_alert_list_markdown" .Alerts.Resolved }}{{ end }}{{ end }}
        {{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
        {{ define "slack.default.callbackid" }}{{ end }}
        {{ define "slack.default.pretext" }}{{ end }}
        {{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "slack.default.iconemoji" }}{{ end }}
        {{ define "slack.default.iconurl" }}{{ end }}
        {{ define "slack.default.text" }}{{ template "__both" . }}{{ end }}
        {{ define "slack.default.footer" }}{{ end }}
        {{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
        {{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
        {{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}
        {{ define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
        {{ define "opsgenie.default.description" }}{{ template "__both" . }}{{ end }}
        {{ define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}
        {{ define "telegram.default.message" }}{{ template "__subject" . }}
        {{ template "__both" . }}{{ end }}
        {{ define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteams.default.text" }}{{ template "__both_markdown" . }}{{ end }}
        {{ define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
        {{ define "msteamsv2.default.text" }}{{ template "__both_markdown" . }}{{ end }}
        {{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
        {{ define "email.default.text" }}{{ template "__both" . }}
        {{ .ExternalURL }}
        {{ end }}
        {{ define "__html_alert" }}<tr><td style="padding:8px;border-bottom:1px solid #ddd"><strong>{{ template "__alert_line" . }}</strong><br>
        {{ range .Labels.SortedPairs }}<code>{{ .Name }}={{ .Value }}</code> {{ end }}{{ with .Annotations.description }}<br>{{ . }}{{ end }}
        {{ with .Annotations.runbook_url }}<br><a href="{{ . }}">Runbook</a>{{ end }}{{ with .GeneratorURL }} <a href="{{ . }}">Source</a>{{ end }}</td></tr>
        {{ end }}
        {{ define "email.default.html" }}<!DOCTYPE html><html><body style="font-family:sans-serif"><h2>{{ template "__subject" . }}</h2>
        {{ if gt (len .Alerts.Firing) 0 }}<h3 style="color:#b00020">{{ .Alerts.Firing | len }} firing</h3><table>{{ range .Alerts.Firing }}{{ template "__html_alert" . }}{{ end }}</table>{{ end }}
        {{ if gt (len .Alerts.Resolved) 0 }}<h3 style="color:#1b7f3b">{{ .Alerts.Resolved | len }} resolved</h3><table>{{ range .Alerts.Resolved }}{{ template "__html_alert" . }}{{ end }}</table>{{ end }}
        <p><a href="{{ .ExternalURL }}">Nightjar</a></p></body></html>{{ end }}
        """
}
