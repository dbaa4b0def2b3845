"""One of every kind of map."""
# As settings of [map].
MAPS = {
    "ridge": {"alpha": "0.3", "fit_intercept": "no"},
    "linear_regression": {"regression_type": "LinearRegression"},
    "ridge_cv": {"regression_type": "RidgeCV", "alphas": "0.1, 3, 20"},
    "bayesian_ridge": {"regression_type": "BayesianRidge", "alpha_1": "1e-5", "tol": "1e-4"},
    "lasso": {"regression_type": "Lasso", "alpha": "0.1"},
    "elastic_net": {"regression_type": "ElasticNet", "alpha": "0.1", "l1_ratio": "0.3"},
    "lasso_lars": {"regression_type": "LassoLars", "alpha": "0.05"},
    "lasso_cv": {"regression_type": "LassoCV", "n_alphas": "8", "cv": "3"},
    "elastic_net_cv": {"regression_type": "ElasticNetCV", "l1_ratio": "0.2, 0.9",
                       "n_alphas": "8", "cv": "3"},
    "multi_task_lasso": {"regression_type": "MultiTaskLasso", "alpha": "0.1"},
    "multi_task_elastic_net": {"regression_type": "MultiTaskElasticNet", "alpha": "0.1",
                               "l1_ratio": "0.7"},
    "pls": {"type": "pls", "n_components": "3", "scale": "yes"},
    "pls_per_target_unit": {"type": "pls", "n_components": "2", "fit_per_target_unit": "yes"},
    "corr": {"type": "corr"},
    "corr_ridge": {"type": "corr", "identity": "no", "percentile": "60", "alpha": "2"},
}


def of_map(keys):
    return {f"map.{key}": value for key, value in keys.items()}
