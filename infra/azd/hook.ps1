# A step around azd, for PowerShell: hook.ps1 STEP. hook is the same for sh.
$ErrorActionPreference = 'Stop'
$env:PYTHONPATH = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
python -u -P -m infra.azd @args
exit $LASTEXITCODE
