{{- define "daybook.labels" -}}
app.kubernetes.io/name: daybook
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "daybook.selector" -}}
app.kubernetes.io/name: daybook
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* The name of the definition's object, by what it holds. */ -}}
{{- define "daybook.definition" -}}
{{ .Release.Name }}-definition-{{ .Values.definition | sha256sum | trunc 12 }}
{{- end }}

{{- /* A pod of one container that runs a command of Daybook. Takes root, component, command, resources, isServed. */ -}}
{{- define "daybook.pod" -}}
metadata:
  labels: {{- include "daybook.selector" . | nindent 4 }}
spec:
  automountServiceAccountToken: false
  # Else a service named 'daybook' sets DAYBOOK_PORT, which is the port that is served at.
  enableServiceLinks: false
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: {{ .component }}
      image: {{ printf "%s:%s" .root.Values.image.repository (.root.Values.image.tag | default .root.Chart.AppVersion) }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{- toYaml .command | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      {{- with .root.Values.environment }}
      env:
        {{- range $name, $value := . }}
        - { name: {{ $name }}, value: {{ $value | quote }} }
        {{- end }}
      {{- end }}
      {{- with .root.Values.environmentSecrets }}
      envFrom:
        {{- range . }}
        - secretRef: { name: {{ . }} }
        {{- end }}
      {{- end }}
      {{- if .isServed }}
      ports:
        - { name: http, containerPort: 4000 }
      startupProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 2, failureThreshold: 60 }
      livenessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 10, timeoutSeconds: 5 }
      readinessProbe: { httpGet: { path: /readyz, port: http }, periodSeconds: 5, timeoutSeconds: 5 }
      {{- end }}
      resources: {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - { name: temporary, mountPath: /tmp }
        - { name: data, mountPath: /data }
        {{- if .root.Values.definition }}
        - { name: definition, mountPath: /app/daybook.config.ts, subPath: daybook.config.ts, readOnly: true }
        {{- end }}
        {{- if .root.Values.fileSecret }}
        - { name: files, mountPath: /run/secrets/daybook, readOnly: true }
        {{- end }}
  volumes:
    - { name: temporary, emptyDir: {} }
    - { name: data, emptyDir: {} }
    {{- if .root.Values.definition }}
    - name: definition
      configMap: { name: {{ include "daybook.definition" .root }} }
    {{- end }}
    {{- if .root.Values.fileSecret }}
    - name: files
      secret: { secretName: {{ .root.Values.fileSecret }}, defaultMode: 0440 }
    {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* A deployment of such pods. Takes also replicas. */ -}}
{{- define "daybook.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ printf "%s-%s" .root.Release.Name .component }}
  labels: {{- include "daybook.labels" .root | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  selector:
    matchLabels: {{- include "daybook.selector" . | nindent 6 }}
  template: {{- include "daybook.pod" . | nindent 4 }}
{{- end }}
