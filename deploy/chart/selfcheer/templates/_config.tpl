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
{{- if $values.rollout.enabled -}}
{{- $asks := ternary $values.rollout.verdictTemplate $values.rollout.watchTemplate (eq $values.rollout.strategy "canary") -}}
{{- if and (or $values.rollout.gateTemplate $asks) (not $values.sidecar.enabled) -}}
{{- fail "rollout.enabled wants sidecar.enabled: true. The gate records its verdict there, and without it rolls back every release. Or set rollout.gateTemplate, verdictTemplate and watchTemplate to ''." -}}
{{- end -}}
{{- if and $values.rollout.gateTemplate (not (include "selfcheer.keysSecret" .)) -}}
{{- fail "rollout.gateTemplate wants a key to record its verdict with: leave auth.generate on or name auth.existingSecret, which also go with config.auth.jwt. Or set rollout.gateTemplate to ''." -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "selfcheer.fullname" .)) -}}
{{- fail (printf "No Service can be named %s: set fullnameOverride to small letters, digits and - that begin with a letter." (include "selfcheer.fullname" .)) -}}
{{- end -}}
{{- $room := ternary $values.buffer.sizeLimit $values.persistence.size (eq $values.mode "broker") -}}
{{- $quota := dig "outbox" "quotaBytes" (ternary 1073741824 8589934592 (eq $values.mode "broker")) $values.config -}}
{{- if lt (include "selfcheer.bytes" $room | float64) (mulf 2 $quota) -}}
{{- fail (printf "%s is %s, and config.outbox.quotaBytes of %.0f wants at least twice its size: set one of them." (ternary "buffer.sizeLimit" "persistence.size" (eq $values.mode "broker")) $room (float64 $quota)) -}}
{{- end -}}
{{- if and $values.autoscaling.enabled (gt (int $values.autoscaling.minReplicas) (int $values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas." -}}
{{- end -}}
{{- end -}}

{{/* Bytes of a quantity such as 4Gi or 20G. */}}
{{- define "selfcheer.bytes" -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "m" 0.001 "P" 1e15 "E" 1e18 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- $unit := regexFind "[a-zA-Z]*$" . -}}
{{- mulf (trimSuffix $unit . | float64) (get $units $unit) | printf "%.0f" -}}
{{- end -}}
