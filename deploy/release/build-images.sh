#!/usr/bin/env bash
# Builds the images of the exporter and of the sidecar from a checkout, labelled with what they are made of.
set -euo pipefail

usage() {
  cat <<USAGE
usage: build-images.sh [--source DIR] [--registry NAME] [--tool docker|buildah] [--platform LIST] [--push] [--print]

  --source DIR     a checkout of this version (default: the current folder)
  --registry NAME  what comes before /exporter and /sidecar (default: ghcr.io/selfcheer)
  --tool TOOL      docker with buildx, or buildah (default: whichever is there, docker first)
  --platform LIST  such as linux/amd64,linux/arm64 (default: that of this machine)
  --push           pushes them too; by docker with SBOM and provenance (SLSA) as attestations
  --print          prints the commands, and runs none
USAGE
}

fail() {
  echo "build-images: $*" >&2
  exit "${code:-1}"
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=. registry=ghcr.io/selfcheer tool='' platform='' push='' print=''
while [ $# -gt 0 ]; do
  case $1 in
  -h | --help) usage; exit 0 ;;
  --push) push=yes ;;
  --print) print=yes ;;
  --source | --registry | --tool | --platform)
    [ $# -ge 2 ] || code=2 fail "$1 takes a value"
    case $1 in
    --source) source_dir=$2 ;; --registry) registry=$2 ;; --tool) tool=$2 ;; --platform) platform=$2 ;;
    esac
    shift
    ;;
  *) usage >&2; exit 2 ;;
  esac
  shift
done

cd "$source_dir" 2>/dev/null || fail "$source_dir is no folder"
dockerfile=deploy/docker/exporter.Dockerfile
[ -f "$dockerfile" ] || fail "there is no $dockerfile in $PWD: name a checkout by --source"
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
[ -n "$version" ] || fail "package.json states no version"
revision=$(git rev-parse --verify HEAD 2>/dev/null) || revision=unknown
# The time of the commit: the same source makes the same labels.
seconds=$(git log -1 --format=%ct 2>/dev/null) || seconds=$(date +%s)
created=$(date -u -d "@$seconds" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$seconds" +%Y-%m-%dT%H:%M:%SZ)
if [ "$revision" = unknown ] || [ -n "$(git status --porcelain 2>/dev/null)" ]; then
  [ -z "$push" ] || [ -n "$print" ] || fail "$PWD is not what was committed: nothing of it is pushed"
  [ "$revision" = unknown ] || revision=$revision-dirty
fi

if [ -z "$tool" ]; then
  for tool in docker buildah none; do ! command -v "$tool" >/dev/null || break; done
fi
[[ $tool =~ ^(docker|buildah)$ ]] || fail "this takes docker with buildx, or buildah"

run() {
  if [ -n "$print" ]; then
    printf '%q ' "$@" | sed 's/ $//'
    echo
  else
    "$@"
  fi
}

# tags NAME: 1.2.3 and 1.2; a version to try out (1.2.3-rc.1) has its own tag only.
tags() {
  echo "$registry/$1:$version"
  [[ $version == *-* ]] || echo "$registry/$1:${version%.*}"
}

# build NAME TITLE [--target STAGE]
build() {
  local name=$1 title=$2
  shift 2
  local options=(--file "$dockerfile" "$@") tag
  [ -z "$platform" ] || options+=(--platform "$platform")
  options+=(--label "org.opencontainers.image.title=$title" --label "org.opencontainers.image.version=$version")
  options+=(--label "org.opencontainers.image.revision=$revision" --label "org.opencontainers.image.created=$created")
  options+=(--label org.opencontainers.image.licenses=Apache-2.0)
  # Both images hold what the exporter's package does; the file is released beside them.
  local sbom=$here/selfcheer-exporter-$version.cdx.json
  [ ! -f "$sbom" ] || options+=(--label "dev.selfcheer.sbom.sha256=$(sha256sum "$sbom" | cut -d ' ' -f 1)")
  if [ "$tool" = docker ]; then
    for tag in $(tags "$name"); do options+=(--tag "$tag"); done
    # The store of images of this machine takes no attestations.
    if [ -n "$push" ]; then options+=(--sbom=true --provenance=mode=max --push); else options+=(--provenance=false --load); fi
    run docker buildx build "${options[@]}" .
  else
    # OCI's own format knows no HEALTHCHECK.
    local list="$registry/$name:$version"
    if [ -n "$platform" ]; then options+=(--manifest "$list"); else options+=(--tag "$list"); fi
    run buildah bud --format docker "${options[@]}" .
    for tag in $(tags "$name"); do
      [ "$tag" = "$list" ] || run buildah tag "$list" "$tag"
      [ -z "$push" ] || run buildah ${platform:+manifest} push ${platform:+--all} "$tag" "docker://$tag"
    done
  fi
}

build exporter 'Selfcheer exporter'
build sidecar 'Selfcheer sidecar' --target sidecar
