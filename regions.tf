# Regions of the partitions aws and aws-us-gov that have Amazon Rekognition, and what else they have.
# tests/unit/test_regions.py fails when botocore's list changes, so that this one follows.
# var.allow_unlisted_region overrules the table.
locals {
  regions = {
    # function_url: whether Lambda gives functions a URL there (its developer guide lists the exceptions).
    ap-northeast-1 = { function_url = true }
    ap-northeast-2 = { function_url = true }
    ap-south-1     = { function_url = true }
    ap-southeast-1 = { function_url = true }
    ap-southeast-2 = { function_url = true }
    ap-southeast-5 = { function_url = false }
    ap-southeast-7 = { function_url = false }
    ca-central-1   = { function_url = true }
    eu-central-1   = { function_url = true }
    eu-south-2     = { function_url = false }
    eu-west-1      = { function_url = true }
    eu-west-2      = { function_url = true }
    il-central-1   = { function_url = false }
    sa-east-1      = { function_url = true }
    us-east-1      = { function_url = true }
    us-east-2      = { function_url = true }
    us-gov-west-1  = { function_url = true }
    us-west-1      = { function_url = true }
    us-west-2      = { function_url = true }
  }

  region_allowed       = var.allow_unlisted_region || contains(keys(local.regions), local.region)
  function_url_allowed = var.allow_unlisted_region || try(local.regions[local.region].function_url, false)
}
