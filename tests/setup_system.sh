#!/bin/sh
# What the browser tests need of the machine: a Chromium, and a font with Chinese glyphs. Root installs what is missing.
set -eu

missing=

has_browser() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" > /dev/null; then return 0; fi
    done
    return 1
}

has_font() {
    [ -n "$(fc-list :lang=zh family 2> /dev/null)" ]
}

has_browser || missing="$missing chromium-headless-shell"
has_font || missing="$missing fontconfig fonts-wqy-microhei"
if [ -z "$missing" ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "正在安装测试所需 / installing what the tests need:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # not every Debian has the engine apart from its window
    apt-cache show chromium-headless-shell > /dev/null 2>&1 || missing=$(echo "$missing" | sed 's/chromium-headless-shell/chromium/')
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing > /dev/null
fi

if has_browser && has_font; then exit 0; fi
echo "测试缺少浏览器或中文字体，请先安装 / the tests need a Chromium and a Chinese font; install them first:" >&2
echo "    sudo apt-get install$missing" >&2
exit 1
