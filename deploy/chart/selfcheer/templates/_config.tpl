{{/* selfcheer.yaml: `config`, and over it what the chart decides. */}}
{{- define "selfcheer.config" -}}
{{- include "selfcheer.refuse" . -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "service" (include "selfcheer.name" .) -}}
{{- $_ := set $config "http" "0.0.0.0:8080" -}}
{{- $_ := set $config "grpc" "0.0.0.0:50051" -}}
{{- $_ := set $config "admin" "0.0.0.0:9464" -}}
{{- $_ := set $config "dataDir" "/data" -}}
{{- $_ := set $config "ack" .Values.mode -}}
{{- $_ := set $config "tls" (ternary "off" "mesh" (eq .Values.mesh "none")) -}}
{{- $_ := set $config "insecure" (or (eq .Values.mesh "none") .Values.auth.anonymous) -}}
{{- $_ := set $config "drainSeconds" .Values.drain.seconds -}}
{{- $_ := set $config "readinessLagSeconds" .Values.drain.readinessLagSeconds -}}
{{- if .Values.flags.enabled -}}
{{- $_ := set $config "flags" (dict "file" "/etc/selfcheer/flags/flags.json") -}}
{{- end -}}
{{- if eq .Values.mode "broker" -}}
{{- /* Below the limit of the volume: beyond that one the pod is evicted, and not only full. */ -}}
{{- $_ := set $config "outbox" (mergeOverwrite (dict "quotaBytes" 1073741824) ($config.outbox | default dict)) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Values that make no sense together, said here and not by pods that end at once. */}}
{{- define "selfcheer.refuse" -}}
{{- $values := .Values -}}
{{- $jwt := dig "auth" "jwt" dict $values.config -}}
{{- if not (or $values.auth.anonymous (include "selfcheer.keysSecret" .) $jwt) -}}
{{- fail "Nobody could be told apart: leave auth.generate on, name auth.existingSecret, set config.auth.jwt, or say auth.anonymous: true." -}}
{{- end -}}
{{- if eq $values.mode "broker" -}}
{{- $named := false -}}
{{- range $values.env }}{{ if eq .name "KAFKA_BROKERS" }}{{ $named = true }}{{ end }}{{ end -}}
{{- if not (or (dig "kafka" "brokers" list $values.config) $named $values.envFrom) -}}
{{- fail "mode: broker wants config.kafka.brokers, for instance --set 'config.kafka.brokers={kafka:9092}': without Kafka, events would go with the pod." -}}
{{- end -}}
{{- else -}}
{{- if $values.rollout.enabled -}}
{{- fail "rollout.enabled wants mode: broker. A canary of a StatefulSet would leave acknowledged events on its volume." -}}
{{- end -}}
{{- if $values.autoscaling.enabled -}}
{{- fail "autoscaling.enabled wants mode: broker. A scaled down StatefulSet leaves acknowledged events on its volumes." -}}
{{- end -}}
{{- end -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minReplicas) (int $values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas." -}}
{{- end -}}
{{- end -}}
