"""What a change would do, from CloudFormation templates before and after, for the people who answer for it.

Pure: templates, config and a kept user plan in, a :class:`contact_center.review.model.Review` out. Must not
read AWS, the clock, nor know how a page looks.
"""
