# Regions of the partitions aws and aws-us-gov that have Amazon Rekognition, and what else they have.
# tests/unit/test_regions.py fails when botocore's list changes, so that this list is updated.
# var.allow_unlisted_region overrides the table.
locals {
  regions = {
    # function_url: whether Lambda gives functions a URL there. Its developer guide lists the exceptions ("Creating and
    # managing Lambda function URLs"), and the GovCloud user guide adds its regions ("AWS Lambda in AWS GovCloud (US)").
    # rekognition_tps: the default quota of CompareFaces, and of DetectFaces, in calls per second (the page "Amazon
    # Rekognition endpoints and quotas" of the AWS General Reference).
    ap-northeast-1 = { function_url = true, rekognition_tps = 25 }
    ap-northeast-2 = { function_url = true, rekognition_tps = 25 }
    ap-south-1     = { function_url = true, rekognition_tps = 25 }
    ap-southeast-1 = { function_url = true, rekognition_tps = 25 }
    ap-southeast-2 = { function_url = true, rekognition_tps = 25 }
    ap-southeast-5 = { function_url = false, rekognition_tps = 25 }
    ap-southeast-7 = { function_url = false, rekognition_tps = 25 }
    ca-central-1   = { function_url = true, rekognition_tps = 25 }
    eu-central-1   = { function_url = true, rekognition_tps = 25 }
    eu-south-2     = { function_url = false, rekognition_tps = 25 }
    eu-west-1      = { function_url = true, rekognition_tps = 100 }
    eu-west-2      = { function_url = true, rekognition_tps = 25 }
    il-central-1   = { function_url = false, rekognition_tps = 25 }
    sa-east-1      = { function_url = true, rekognition_tps = 25 }
    us-east-1      = { function_url = true, rekognition_tps = 100 }
    us-east-2      = { function_url = true, rekognition_tps = 25 }
    us-gov-west-1  = { function_url = false, rekognition_tps = 25 }
    us-west-1      = { function_url = true, rekognition_tps = 25 }
    us-west-2      = { function_url = true, rekognition_tps = 100 }
  }

  # On that page, three regions have 100 and every other region has 25. So a region that is not listed here has 25 too.
  default_rekognition_tps = try(local.regions[local.region].rekognition_tps, 25)

  region_allowed       = var.allow_unlisted_region || contains(keys(local.regions), local.given_region)
  function_url_allowed = var.allow_unlisted_region || try(local.regions[local.region].function_url, false)
}
