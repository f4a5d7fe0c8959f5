{{/* Asks for the proxy of the mesh, so that `tls: mesh` is true. */}}
{{- define "selfcheer.meshLabels" -}}
{{- if eq .Values.mesh "istio" -}}
sidecar.istio.io/inject: "true"
{{- end -}}
{{- end -}}

{{/* The proxy is there before the exporter needs Kafka, and until it has settled all. */}}
{{- define "selfcheer.meshAnnotations" -}}
{{- $drain := add (ceil .Values.drain.readinessLagSeconds) (ceil .Values.drain.seconds) -}}
{{- if eq .Values.mesh "istio" -}}
proxy.istio.io/config: |
  holdApplicationUntilProxyStarts: true
  terminationDrainDuration: {{ $drain }}s
{{- else if eq .Values.mesh "linkerd" -}}
linkerd.io/inject: enabled
config.alpha.linkerd.io/proxy-wait-before-exit-seconds: {{ $drain | quote }}
{{- end -}}
{{- end -}}
