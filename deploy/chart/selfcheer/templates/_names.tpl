{{/* app.kubernetes.io/name of the exporter: the label service of its metrics, and the service of its traces. */}}
{{- define "selfcheer.name" -}}
{{- .Values.nameOverride | default "selfcheer-exporter" -}}
{{- end -}}

{{/* What all names begin with. Short enough for -preview and -metrics behind it. */}}
{{- define "selfcheer.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else -}}
{{- printf "%s-exporter" (.Release.Name | trimSuffix "-exporter" | trunc 41 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* Nought is a number too: a workload that is to sleep. */}}
{{- define "selfcheer.replicas" -}}
{{- if kindIs "invalid" .Values.replicas -}}
{{- ternary 1 3 (eq .Values.mode "outbox") -}}
{{- else -}}
{{- int .Values.replicas -}}
{{- end -}}
{{- end -}}

{{- define "selfcheer.sidecarName" -}}
{{- printf "%s-sidecar" (include "selfcheer.fullname" . | trimSuffix "-exporter") -}}
{{- end -}}

{{- define "selfcheer.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "selfcheer.image" -}}
{{- printf "%s:%s" .Values.image.repository (include "selfcheer.tag" .) -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* What Services, budgets and policies find pods by: nothing that changes with a release. */}}
{{- define "selfcheer.selector" -}}
app.kubernetes.io/name: {{ include "selfcheer.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "selfcheer.sidecarSelector" -}}
app.kubernetes.io/name: selfcheer-sidecar
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "selfcheer.commonLabels" -}}
app.kubernetes.io/version: {{ include "selfcheer.tag" . | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/part-of: selfcheer
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "selfcheer.labels" -}}
{{ include "selfcheer.selector" . }}
app.kubernetes.io/component: exporter
{{ include "selfcheer.commonLabels" . }}
{{- end -}}

{{- define "selfcheer.sidecarLabels" -}}
{{ include "selfcheer.sidecarSelector" . }}
app.kubernetes.io/component: sidecar
{{ include "selfcheer.commonLabels" . }}
{{- end -}}

{{- define "selfcheer.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "selfcheer.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the digests and the keys; empty when nobody is asked for one of it. */}}
{{- define "selfcheer.keysSecret" -}}
{{- if .Values.auth.anonymous -}}
{{- else if .Values.auth.existingSecret -}}
{{- .Values.auth.existingSecret -}}
{{- else if .Values.auth.generate -}}
{{- printf "%s-keys" (include "selfcheer.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* Kind and apiVersion of what makes the pods. */}}
{{- define "selfcheer.workload" -}}
{{- if eq .Values.mode "outbox" -}}
apiVersion: apps/v1
kind: StatefulSet
{{- else if .Values.rollout.enabled -}}
apiVersion: argoproj.io/v1alpha1
kind: Rollout
{{- else -}}
apiVersion: apps/v1
kind: Deployment
{{- end -}}
{{- end -}}
