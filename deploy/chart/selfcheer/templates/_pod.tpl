{{/* The pod of the exporter, alike in a StatefulSet, a Deployment and a Rollout. */}}
{{- define "selfcheer.podTemplate" -}}
{{- $keys := include "selfcheer.keysSecret" . -}}
metadata:
  labels:
    {{- include "selfcheer.labels" . | nindent 4 }}
    selfcheer.dev/track: stable
    {{- /* One's own stand over the mesh's, once: twice the same key is refused by some who read this. */}}
    {{- with merge (deepCopy .Values.podLabels) (include "selfcheer.meshLabels" . | fromYaml) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: exporter
    # Other settings take new pods; flags are followed as they run.
    checksum/config: {{ include "selfcheer.config" . | sha256sum }}
    {{- with merge (deepCopy .Values.podAnnotations) (include "selfcheer.meshAnnotations" . | fromYaml) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "selfcheer.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # Longer than the drain, which SIGTERM begins: there is no preStop.
  terminationGracePeriodSeconds: {{ add (ceil .Values.drain.readinessLagSeconds) (ceil .Values.drain.seconds) 10 }}
  {{- include "selfcheer.podSecurity" . | nindent 2 }}
  containers:
    - name: exporter
      image: {{ include "selfcheer.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [start, --config, /etc/selfcheer/config/selfcheer.yaml]
      env:
        - name: SELFCHEER_TRACK
          valueFrom: { fieldRef: { fieldPath: "metadata.labels['selfcheer.dev/track']" } }
        {{- if $keys }}
        - name: SELFCHEER_AUTH_API_KEYS
          valueFrom: { secretKeyRef: { name: {{ $keys }}, key: digests } }
        {{- end }}
        - name: POD_NAME
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        - name: POD_NAMESPACE
          valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
        - name: OTEL_RESOURCE_ATTRIBUTES
          value: k8s.namespace.name=$(POD_NAMESPACE),k8s.pod.name=$(POD_NAME)
        {{- with .Values.otlpEndpoint }}
        - name: OTEL_EXPORTER_OTLP_ENDPOINT
          value: {{ . | quote }}
        {{- end }}
        {{- if dig "consul" "register" false .Values.config }}
        - name: POD_IP
          valueFrom: { fieldRef: { fieldPath: status.podIP } }
        - name: SELFCHEER_CONSUL_ADDRESS
          value: $(POD_IP):8080
        {{- if not (dig "consul" "agent" "" .Values.config) }}
        - name: NODE_IP
          valueFrom: { fieldRef: { fieldPath: status.hostIP } }
        - name: SELFCHEER_CONSUL_AGENT
          value: http://$(NODE_IP):8500
        {{- end }}
        {{- end }}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - { name: http, containerPort: 8080 }
        - { name: grpc, containerPort: 50051 }
        - { name: admin, containerPort: 9464 }
      # Opening a large store takes its time.
      startupProbe:
        httpGet: { path: /healthz, port: admin }
        periodSeconds: 2
        failureThreshold: 150
        timeoutSeconds: 3
      livenessProbe:
        httpGet: { path: /healthz, port: admin }
        periodSeconds: 10
        failureThreshold: 3
        timeoutSeconds: 5
      readinessProbe:
        httpGet: { path: /readyz, port: admin }
        periodSeconds: 3
        failureThreshold: 2
        timeoutSeconds: 2
      {{- include "selfcheer.containerSecurity" . | nindent 6 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: tmp, mountPath: /tmp }
        - { name: config, mountPath: /etc/selfcheer/config, readOnly: true }
        {{- if .Values.flags.enabled }}
        # A whole volume: files of a subPath would not follow the ConfigMap.
        - { name: flags, mountPath: /etc/selfcheer/flags, readOnly: true }
        {{- end }}
        {{- with .Values.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- if eq .Values.mode "broker" }}
    - name: data
      emptyDir: { sizeLimit: {{ .Values.buffer.sizeLimit }} }
    {{- end }}
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
    - name: config
      configMap: { name: {{ include "selfcheer.fullname" . }}-config }
    {{- if .Values.flags.enabled }}
    - name: flags
      configMap: { name: {{ .Values.flags.existingConfigMap | default (printf "%s-flags" (include "selfcheer.fullname" .)) }} }
    {{- end }}
    {{- with .Values.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  topologySpreadConstraints:
    {{- with .Values.topologySpreadConstraints }}
    {{- toYaml . | nindent 4 }}
    {{- else }}
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "selfcheer.selector" $ | nindent 10 }}
    {{- end }}
    {{- end }}
  {{- with include "selfcheer.placement" . }}
  {{- . | trim | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Where pods may run, and what they are pulled with. */}}
{{- define "selfcheer.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* As Kubernetes' Pod Security Standard `restricted` wants it, and no more. 65532 is the user of the image. */}}
{{- define "selfcheer.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  # Gives it its volume. Always would also open the directories of the store, which are its own alone.
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "selfcheer.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}
