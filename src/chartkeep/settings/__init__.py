"""``flat``: every setting of Chartkeep, as Django reads them. ``env``: typed readers of the environment.

Importing this package reads nothing, so that the first start can make keys before ``flat`` looks for them.
"""
